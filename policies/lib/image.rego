# Helpers for rules that look at one image and at what was verified of it.
package goldgate.lib.image

# What a bundle sets under `data.supply_chain`, else what comes with goldgate.
setting(name) := object.get(data.supply_chain, name, data.supply_chain.defaults[name])

# The attestations of a kind: only verified ones are among the facts.
attested(image, kind) := [attestation |
	some attestation in object.get(image, "attestations", [])
	attestation.kind == kind
]

shortfalls(image) := {code | some code in object.get(image, ["verification", "shortfalls"], [])}

# Codes of what could not be looked at.
faults(image) := {fault.code | some fault in object.get(image, ["verification", "errors"], [])}

# The name without tag and digest: `registry.example/shop/checkout`.
name(image) := sprintf("%s/%s", [image.registry, image.repository])

# What to type to see everything that is known: the digest, since a tag may have moved.
shown(image) := object.get(image, "resolved", object.get(image, "reference", ""))

matches_any(patterns, text) if {
	some pattern in patterns
	glob.match(pattern, ["/"], text)
}

# Why items were not accepted, each reason once: `ISSUER_MISMATCH, SUBJECT_MISMATCH`.
reasons(image, kind) := concat(", ", sort({item.reason |
	some item in object.get(image, "rejected", [])
	item.kind in {kind, "unknown"}
}))

# Days between two times as RFC 3339 writes them.
days_between(earlier, later) := (time.parse_rfc3339_ns(later) - time.parse_rfc3339_ns(earlier)) / 86400000000000
