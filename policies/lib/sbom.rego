# Bills of materials in the words of their readers.
package goldgate.lib.sbom

# What a bundle sets under `data.sbom`, else what comes with goldgate.
setting(name) := value if {
	value := data.sbom[name]
} else := data.sbom.defaults[name]

# `openssl 0.10.60`
component(found) := sprintf("%s %s", [found.component, found.version])

component(found) := sprintf("%s (no version)", [found.component]) if not found.version

# What to do about it, as far as anybody knows: the fix, and the version that clears the component of everything.
way_out(found) := sprintf("fixed in %s%s", [found.fixed, further(found)])

way_out(found) := "no fix is known" if not found.fixed

further(found) := sprintf(", all that is known of it in %s", [found.upgrade]) if {
	found.upgrade != found.fixed
} else := ""

# Why it is there: a shortest way, and the other direct dependencies that it comes in through.
way_in(found) := sprintf("a direct dependency%s", [other_ways(found)]) if found.direct

way_in(found) := sprintf("comes in through %s%s", [concat(" > ", through), other_ways(found)]) if {
	not found.direct
	through := array.slice(found.path, 0, count(found.path) - 1)
	count(through) > 0
}

way_in(found) := "the bill does not say why it is there" if {
	not found.direct
	count(found.path) < 2
}

# Direct dependencies that a message names beside the nearest one.
most_others := 3

other_ways(found) := "" if found.n_ways < 2

other_ways(found) := "" if not found.n_ways

other_ways(found) := sprintf(", also through %s%s", [concat(", ", others), left]) if {
	found.n_ways > 1
	others := [way.path[0] | some way in array.slice(found.ways, 1, most_others + 1)]
	left := more(found.n_ways - 1 - count(others))
}

more(n) := sprintf(" and %d more", [n]) if n > 0

more(0) := ""

# What to type, for each direct dependency; undefined where nobody has mended it, or nothing says why it is there.
steps(found) := sprintf("%s%s", [concat("; ", told), more(found.n_ways - count(found.ways))]) if {
	told := {way.step | some way in found.ways}
	count(told) > 0
	found.n_ways
} else := concat("; ", told) if {
	told := {way.step | some way in found.ways}
	count(told) > 0
}

# What to do about one finding, where that is known; the policy's METADATA says it for all others.
remedy(found, further) := {"remediation": sprintf("%s%s", [steps(found), further])}

remedy(found, _) := {} if not steps(found)

# Where it stands in the input, so that each trouble of each component is a finding of its own.
pointer(found) := sprintf("/vulnerabilities/%s/%s", [escaped(name(found)), escaped(found.id)])

name(found) := found.purl

name(found) := component(found) if not found.purl

escaped(text) := replace(replace(text, "~", "~0"), "/", "~1")

facts(found) := object.filter(found, {
	"id", "aliases", "component", "version", "purl", "severity", "score", "published", "url", "path", "ways", "n_ways", "direct", "fixed", "upgrade",
	"exploited_since", "exploit_probability", "comparable", "vex", "vex_ignored", "first_seen",
})
