# METADATA
# title: Ingresses serve every host over TLS
# description: Without TLS anybody on the way reads and changes what users send, sessions and passwords included.
# custom:
#   code: K8S-INGRESS-TLS
#   severity: medium
#   scope: resource
#   kinds: [networking.k8s.io/Ingress]
#   controls: [NSA-K8S-encryption]
#   remediation: "Add the host to `spec.tls`, e.g. `tls: [{hosts: [shop.example], secretName: shop-tls}]`."
package goldgate.kubernetes.ingress_tls

import data.goldgate.lib.pod

deny contains finding if {
	some index, rule in pod.list(input.resource.spec.rules)
	host := rule.host
	is_string(host)
	host != ""
	not covered(host)
	finding := {
		"message": sprintf("host %s is served without TLS", [host]),
		"path": sprintf("/spec/rules/%d/host", [index]),
		"facts": {"host": host},
	}
}

# An Ingress that answers for any host: a rule without host, or nothing but a default backend.
deny contains finding if {
	count(tls_entries) == 0
	not names_a_host
	finding := {
		"message": "the Ingress has no tls entry, so it is served without TLS",
		"path": "/spec",
	}
}

tls_entries := [entry |
	some entry in pod.list(input.resource.spec.tls)
	is_object(entry)
]

names_a_host if {
	some rule in pod.list(input.resource.spec.rules)
	is_string(rule.host)
	rule.host != ""
}

covered(host) if {
	some entry in tls_entries
	host in pod.list(entry.hosts)
}

# A wildcard stands for exactly one label.
covered(host) if {
	some entry in tls_entries
	labels := split(host, ".")
	wildcard := concat(".", array.concat(["*"], array.slice(labels, 1, count(labels))))
	wildcard in pod.list(entry.hosts)
}

# Without hosts an entry stands for whatever the controller's own certificate covers.
covered(_) if {
	some entry in tls_entries
	not lists_hosts(entry)
}

lists_hosts(entry) if {
	hosts := entry.hosts
	not hosts in {[], null}
}
