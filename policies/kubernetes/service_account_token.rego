# METADATA
# title: Pods hold no credential of the cluster they do not need
# description: Kubernetes mounts a token of its API into every pod; whoever breaks into the pod has it too.
# custom:
#   code: K8S-SERVICE-ACCOUNT-TOKEN
#   severity: low
#   scope: workload
#   controls: [CIS-K8S-5.1.6, NSA-K8S-service-account-token]
#   remediation: Set `automountServiceAccountToken` to `false` on the pod. If the program talks to the Kubernetes API, ask for a waiver.
package goldgate.kubernetes.service_account_token

deny contains finding if {
	not input.workload.automount_service_account_token == false
	finding := {
		"message": "a token of the Kubernetes API is mounted: automountServiceAccountToken is not false",
		"path": sprintf("%s/automountServiceAccountToken", [input.workload.pod_path]),
	}
}
