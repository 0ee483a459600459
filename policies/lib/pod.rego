# Helpers for rules that read one workload: how its parts are named, and where security contexts are written.
package goldgate.lib.pod

kind_titles := {
	"container": "container",
	"init": "init container",
	"sidecar": "sidecar container",
	"ephemeral": "ephemeral container",
}

# Kinds that are meant to run until they are replaced, so that they answer requests and are worth probing.
long_running_kinds := {"DaemonSet", "Deployment", "ReplicaSet", "ReplicationController", "StatefulSet"}

# What an author calls a container: `init container "migrate"`.
title(container) := sprintf("%s \"%s\"", [object.get(kind_titles, container.kind, "container"), container.name])

# The name of a volume or a parameter, "" when it has none that can be read.
name(item) := concat("", [name_written | name_written := item.name; is_string(name_written)])

# The value when it is a list; undefined when a manifest holds something else in its place.
list(value) := value if is_array(value)

# A switch is on unless it is `false` or not written. A wrong type counts as on: it was meant to say something.
on(value) if not value in {false, null}

windows if input.workload.pod.os.name == "windows"

# The pod has a user namespace of its own, so root inside it is nobody on the node.
user_namespace if input.workload.pod.hostUsers == false

# JSON pointer of the pod's annotations: they stand beside its `spec`.
annotations_path := sprintf("%s/metadata/annotations", [trim_suffix(input.workload.pod_path, "/spec")])

# Every place where a security context is written: the pod itself and each container of any kind.
places contains place if {
	place := {
		"title": "the pod",
		"path": sprintf("%s/securityContext", [input.workload.pod_path]),
		"security": input.workload.pod.securityContext,
	}
}

places contains place if {
	some container in input.workload.containers
	place := {
		"title": title(container),
		"path": sprintf("%s/securityContext", [container.origin.path]),
		"security": container.spec.securityContext,
	}
}
