# METADATA
# title: Containers cannot write to their image
# description: An attacker who cannot write to the file system cannot leave tools there or change the program that runs.
# custom:
#   code: K8S-READ-ONLY-ROOT
#   severity: medium
#   scope: workload
#   controls: [CIS-K8S-5.6.3, NSA-K8S-immutable-file-system]
#   remediation: Set `securityContext.readOnlyRootFilesystem` to `true`, and mount an `emptyDir` where the program must write, e.g. at `/tmp`.
package goldgate.kubernetes.read_only_root

import data.goldgate.lib.pod

deny contains finding if {
	not pod.windows
	some container in input.workload.containers
	container.kind != "ephemeral"
	not container.security.read_only_root_filesystem == true
	finding := {
		"message": sprintf("%s can write to its root file system", [pod.title(container)]),
		"path": sprintf("%s/securityContext/readOnlyRootFilesystem", [container.origin.path]),
	}
}
