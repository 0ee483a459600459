# METADATA
# title: Services stay inside
# custom:
#   severity: MEDIUM
#   kinds: [Service]
#   remediation: Use ClusterIP.
package titled

warn[msg] {
	input.spec.type == "LoadBalancer"
	msg := "outside"
}
