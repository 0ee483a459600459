# Which licences may be used here, and which choice of several a licensee takes.
package goldgate.lib.license

# What a bundle sets under `data.licenses`, else what comes with goldgate.
setting(name) := value if {
	value := data.licenses[name]
} else := data.licenses.defaults[name]

# How the service is given to its users: `service` or `shipped`.
mode := object.get(
	object.get(setting("distribution"), "services", {}),
	input.service.ref,
	setting("distribution")["default"],
)

# The mode in a sentence: a licence is denied for what is …
use := object.get({"service": "run as a service"}, mode, mode)

# How a licence stands, worst first: 0 denied, 1 for review, 2 allowed. What no list names is for review.
standing(id) := 2 if {
	named("allow", id)
	contains(id, " WITH ")
} else := 0 if {
	named("deny", id)
} else := 0 if {
	named("deny", base(id))
} else := 1 if {
	named("review", id)
} else := 1 if {
	named("review", base(id))
} else := 2 if {
	# An exception permits more than the licence alone.
	named("allow", base(id))
} else := 1

base(id) := split(id, " WITH ")[0]

named(list, id) if {
	some pattern in object.get(setting(mode), list, [])
	glob.match(lower(pattern), null, lower(id))
}

# A choice is as good as its worst licence.
standing_of(choice) := min({standing(id) | some id in choice})

# The best choice of an entry of `input.sbom.by_license`: its standing, then its licences.
best(entry) := max({ranked |
	some offered in entry.choices
	ranked := [standing_of(offered), offered]
})

# The entries whose choices are known, by what is written.
entries[text] := entry if {
	some text, entry in input.sbom.by_license
	entry.state == "expression"
}

# What somebody has read counts as what it means.
entries[text] := object.union(entry, {"choices": [[meant]]}) if {
	some text, entry in input.sbom.by_license
	entry.state == "unknown"
	meant := meaning(text)
}

meaning(text) := object.get(setting("texts"), text, object.get(setting("texts"), split(text, " ")[0], "")) if {
	known(text)
}

known(text) if setting("texts")[text]

known(text) if setting("texts")[split(text, " ")[0]]

# `openssl 0.10.60, curl 8 and 12 others`
users(entry) := concat(", ", entry.components) if count(entry.components) <= 3

users(entry) := sprintf("%s and %d others", [
	concat(", ", array.slice(entry.components, 0, 3)),
	count(entry.components) - 3,
]) if {
	count(entry.components) > 3
}

# Where it stands in the input, so that each licence is a finding of its own.
pointer(text) := sprintf("/by_license/%s", [replace(replace(text, "~", "~0"), "/", "~1")])

# What was chosen, when there was a choice.
choice(entry) := sprintf(" (chosen: %s)", [concat(" AND ", best(entry)[1])]) if count(entry.choices) > 1

choice(entry) := "" if count(entry.choices) < 2

facts(text, entry) := {
	"license": text, "components": entry.components, "chosen": best(entry)[1], "distribution": mode,
}
