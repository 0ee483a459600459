package goldgate.pod_security.volume_types_test

import data.goldgate.lib.fixture_test as fixture
import data.goldgate.pod_security.volume_types

test_portable_types_are_allowed if {
	types := [
		"configMap",
		"csi",
		"downwardAPI",
		"emptyDir",
		"ephemeral",
		"image",
		"persistentVolumeClaim",
		"projected",
		"secret",
	]
	document := fixture.deployment({"volumes": [object.union({"name": type}, {type: {}}) | some type in types]})
	count(volume_types.deny) == 0 with input as document
}

test_other_type_is_denied if {
	document := fixture.deployment({"volumes": [{"name": "tmp", "emptyDir": {}}, {"name": "data", "nfs": {"server": "a"}}]})
	some finding in volume_types.deny with input as document
	finding.message == `volume "data" is of type nfs, which is not portable`
	finding.path == "/spec/template/spec/volumes/1"
	finding.facts == {"types": {"nfs"}}
}

test_volume_of_no_type_is_an_empty_directory if {
	document := fixture.bare_pod({"volumes": [{"name": "data"}, {"name": "tmp", "nfs": null}, null]})
	count(volume_types.deny) == 0 with input as document
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(volume_types.deny) with input as document
	}
}
