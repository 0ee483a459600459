package goldgate.sbom.denied_test

import data.goldgate.lib.sbom_fixture_test as fixture
import data.goldgate.sbom.denied

bill := fixture.with_fields({
	"purls": ["pkg:npm/event-stream@3.3.6?arch=x", "pkg:npm/%40evil/tool@1.0.0", "pkg:npm/good@1.0.0"],
	"names": ["event-stream 3.3.6", "@evil/tool 1.0.0", "good 1.0.0"],
	"suppliers": {"Evil Inc.": [1]},
})

settings(components, makers) := {"denied_components": components, "denied_makers": makers}

test_nothing_denied_is_allowed if {
	count(denied.deny) == 0 with input as bill with data.sbom as settings({}, {})
}

test_component_is_denied_with_or_without_a_version if {
	some pattern in ["pkg:npm/event-stream", "pkg:npm/event-stream@3.3.6", "pkg:npm/event-*"]
	some finding in denied.deny with input as bill with data.sbom as settings({pattern: "it stole coins"}, {})
	finding.message == "event-stream 3.3.6 is denied: it stole coins"
}

test_another_version_is_allowed if {
	count(denied.deny) == 0 with input as bill with data.sbom as settings({"pkg:npm/event-stream@3.3.5": "x"}, {})
}

test_maker_is_denied_by_namespace_or_name if {
	some pattern in ["pkg:npm/%40evil/*", "evil inc.", "Evil *"]
	some finding in denied.deny with input as bill with data.sbom as settings({}, {pattern: "broken into"})
	finding.message == "@evil/tool 1.0.0 is made by somebody who is denied: broken into"
}
