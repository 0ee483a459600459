# METADATA
# title: Pods use only portable volume types
# description: Other volume types bind the pod to a node or a storage system and hand it credentials that a PersistentVolumeClaim would keep away.
# custom:
#   code: K8S-VOLUME-TYPES
#   severity: medium
#   scope: workload
#   controls: [PSS-restricted]
#   remediation: Use `configMap`, `csi`, `downwardAPI`, `emptyDir`, `ephemeral`, `image`, `persistentVolumeClaim`, `projected` or `secret`.
package goldgate.pod_security.volume_types

import data.goldgate.lib.pod

portable_types := {
	"configMap",
	"csi",
	"downwardAPI",
	"emptyDir",
	"ephemeral",
	"image",
	"persistentVolumeClaim",
	"projected",
	"secret",
}

# A volume of no type at all is an `emptyDir` to Kubernetes.
deny contains finding if {
	some index, volume in input.workload.volumes
	types := types_of(volume)
	count(types) > 0
	count(types & portable_types) == 0
	finding := {
		"message": sprintf("volume \"%s\" is of type %s, which is not portable", [pod.name(volume), concat(", ", types)]),
		"path": sprintf("%s/volumes/%d", [input.workload.pod_path, index]),
		"facts": {"types": types},
	}
}

types_of(volume) := {type |
	is_object(volume)
	some type, source in volume
	type != "name"
	source != null
}
