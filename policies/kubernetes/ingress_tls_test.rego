package goldgate.kubernetes.ingress_tls_test

import data.goldgate.kubernetes.ingress_tls
import data.goldgate.lib.fixture_test as fixture

ingress(spec) := fixture.about_resource({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "spec": spec})

test_host_with_a_certificate_is_allowed if {
	document := ingress({"rules": [{"host": "shop.example"}], "tls": [{"hosts": ["shop.example"], "secretName": "shop"}]})
	count(ingress_tls.deny) == 0 with input as document
}

test_wildcard_covers_one_label if {
	document := ingress({"rules": [{"host": "a.shop.example"}], "tls": [{"hosts": ["*.shop.example"]}]})
	count(ingress_tls.deny) == 0 with input as document
}

test_wildcard_does_not_cover_two_labels_or_none if {
	document := ingress({
		"rules": [{"host": "a.b.shop.example"}, {"host": "shop.example"}],
		"tls": [{"hosts": ["*.shop.example"]}],
	})
	count(ingress_tls.deny) == 2 with input as document
}

test_certificate_of_the_controller_covers_every_host if {
	every entry in [{}, {"hosts": []}, {"hosts": null}] {
		document := ingress({"rules": [{"host": "shop.example"}], "tls": [entry]})
		count(ingress_tls.deny) == 0 with input as document
	}
}

test_host_without_certificate_is_denied if {
	document := ingress({
		"rules": [{"host": "shop.example"}, {"host": "admin.example"}],
		"tls": [{"hosts": ["shop.example"]}],
	})
	some finding in ingress_tls.deny with input as document
	finding.message == "host admin.example is served without TLS"
	finding.path == "/spec/rules/1/host"
}

test_host_without_any_tls_entry_is_denied_once if {
	paths := {finding.path | some finding in ingress_tls.deny} with input as ingress({"rules": [{"host": "shop.example"}]})
	paths == {"/spec/rules/0/host"}
}

test_ingress_for_any_host_needs_a_tls_entry if {
	every spec in [{"defaultBackend": {}}, {"rules": [{}]}, {"rules": [{"host": ""}], "tls": []}] {
		some finding in ingress_tls.deny with input as ingress(spec)
		finding.message == "the Ingress has no tls entry, so it is served without TLS"
		finding.path == "/spec"
	}
}

test_ingress_for_any_host_with_tls_is_allowed if {
	count(ingress_tls.deny) == 0 with input as ingress({"defaultBackend": {}, "tls": [{"secretName": "shop"}]})
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(ingress_tls.deny) with input as document
	}
}
