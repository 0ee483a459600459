# METADATA
# title: Containers drop all capabilities
# description: A web service needs none of the runtime's default capabilities; each one left is a way to break out.
# custom:
#   code: K8S-CAPABILITIES-RESTRICTED
#   severity: medium
#   scope: workload
#   controls: [PSS-restricted, CIS-K8S-5.2.8, CIS-K8S-5.2.9, CIS-K8S-5.2.10, NSA-K8S-capabilities]
#   remediation: "Set `securityContext.capabilities.drop` to `[ALL]` on the container; `add` may hold `NET_BIND_SERVICE` only."
package goldgate.pod_security.capabilities_restricted

import data.goldgate.lib.pod

deny contains finding if {
	not pod.windows
	some container in input.workload.containers
	not drops_all(container)
	finding := {
		"message": sprintf("%s does not drop all capabilities", [pod.title(container)]),
		"path": sprintf("%s/securityContext/capabilities/drop", [container.origin.path]),
	}
}

deny contains finding if {
	not pod.windows
	some container in input.workload.containers
	some index, capability in pod.list(container.spec.securityContext.capabilities.add)
	capability != "NET_BIND_SERVICE"
	finding := {
		"message": sprintf("%s adds the capability %v", [pod.title(container), capability]),
		"path": sprintf("%s/securityContext/capabilities/add/%d", [container.origin.path, index]),
		"facts": {"capability": capability},
	}
}

drops_all(container) if "ALL" in pod.list(container.spec.securityContext.capabilities.drop)
