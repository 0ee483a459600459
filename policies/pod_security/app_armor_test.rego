package goldgate.pod_security.app_armor_test

import data.goldgate.lib.fixture_test as fixture
import data.goldgate.pod_security.app_armor

with_profile(profile) := {"name": "web", "securityContext": {"appArmorProfile": profile}}

test_confining_profiles_are_allowed if {
	document := fixture.deployment({
		"securityContext": {"appArmorProfile": {"type": "RuntimeDefault"}},
		"containers": [with_profile({"type": "Localhost", "localhostProfile": "web"}), with_profile(null), {"name": "plain"}],
	})
	count(app_armor.deny) == 0 with input as document
}

test_unconfined_container_is_denied if {
	document := fixture.deployment({"containers": [with_profile({"type": "Unconfined"})]})
	some finding in app_armor.deny with input as document
	finding.message == `container "web" sets an AppArmor profile that is neither RuntimeDefault nor Localhost`
	finding.path == "/spec/template/spec/containers/0/securityContext/appArmorProfile"
}

test_unconfined_pod_and_profile_without_type_are_denied if {
	document := fixture.deployment({
		"securityContext": {"appArmorProfile": {"type": "Unconfined"}},
		"ephemeralContainers": [with_profile({})],
	})
	count(app_armor.deny) == 2 with input as document
}

test_confining_annotations_are_allowed if {
	document := fixture.annotated({
		"container.apparmor.security.beta.kubernetes.io/web": "runtime/default",
		"container.apparmor.security.beta.kubernetes.io/init": "localhost/web",
		"container.apparmor.security.beta.kubernetes.io/none": "",
		"example.com/profile": "unconfined",
	})
	count(app_armor.deny) == 0 with input as document
}

test_unconfined_annotation_is_denied if {
	document := fixture.annotated({"container.apparmor.security.beta.kubernetes.io/web": "unconfined"})
	some finding in app_armor.deny with input as document
	finding.message == `an annotation sets the AppArmor profile of container "web" to unconfined`
	finding.path == "/spec/template/metadata/annotations/container.apparmor.security.beta.kubernetes.io~1web"
}

test_empty_annotation_is_allowed if {
	document := fixture.annotated({"container.apparmor.security.beta.kubernetes.io/web": null})
	count(app_armor.deny) == 0 with input as document
}

test_annotation_of_a_wrong_type_is_denied if {
	document := fixture.annotated({"container.apparmor.security.beta.kubernetes.io/web": 7})
	count(app_armor.deny) == 1 with input as document
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(app_armor.deny) with input as document
	}
}
