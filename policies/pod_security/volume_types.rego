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

deny contains finding if {
	some index, volume in input.workload.volumes
	is_object(volume)
	not portable(volume)
	types := [type | some type, source in volume; type != "name"; source != null]
	finding := {
		"message": sprintf("volume \"%v\" is of no portable type (found %s)", [object.get(volume, "name", ""), found(types)]),
		"path": sprintf("%s/volumes/%d", [input.workload.pod_path, index]),
		"facts": {"types": types},
	}
}

portable(volume) if {
	some type in portable_types
	volume[type] != null
}

found(types) := "none" if count(types) == 0

found(types) := concat(", ", types) if count(types) > 0
