# METADATA
# title: Credentials are not written into the manifest
# description: Whoever can read the repository or the Deployment can read a plain environment value, and it stays in the history for good.
# custom:
#   code: K8S-SECRET-IN-ENV
#   severity: high
#   scope: workload
#   controls: [CIS-K8S-5.4.1, NSA-K8S-secrets]
#   remediation: "Replace the credential, which is known by now. Keep the new one in a Secret and refer to it, e.g. `valueFrom: {secretKeyRef: {name: checkout, key: password}}`, or mount it as a file."
package goldgate.kubernetes.secret_in_env

import data.goldgate.lib.credential
import data.goldgate.lib.pod

deny contains finding if {
	some container in input.workload.containers
	some index, variable in container.env
	credential.is_name(variable.name)
	credential.is_literal(variable.value)
	finding := {
		"message": sprintf("%s has a credential in plain text: %s", [pod.title(container), variable.name]),
		"path": sprintf("%s/env/%d/value", [container.origin.path, index]),
		"facts": {"variable": variable.name},
	}
}

deny contains finding if {
	some container in input.workload.containers
	some index, variable in container.env
	is_object(variable)
	name := object.get(variable, "name", "")
	not credential.is_name(name)
	looks_like := credential.value_kinds(variable.value)
	count(looks_like) > 0
	finding := {
		"message": sprintf("%s has a value that looks like %s: %v", [
			pod.title(container),
			concat(" and ", looks_like),
			name,
		]),
		"path": sprintf("%s/env/%d/value", [container.origin.path, index]),
		"facts": {"variable": name, "looks_like": looks_like},
	}
}
