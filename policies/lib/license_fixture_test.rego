# Licences for the tests of the built-in policies.
package goldgate.lib.license_fixture_test

import data.goldgate.lib.sbom_fixture_test as sbom

# A bill with one component under these choices.
choices(text, list) := bill({text: {"state": "expression", "choices": list, "components": ["a 1"]}})

unknown(text) := bill({text: {"state": "unknown", "components": ["a 1"]}})

bill(by_license) := sbom.with_fields({"by_license": by_license})

shipped := {
	"distribution": {"default": "shipped"},
	"shipped": {
		"allow": ["MIT", "Apache-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"],
		"review": ["LGPL-*"],
		"deny": ["GPL-*", "AGPL-*"],
	},
	"texts": {"sha256:ab": "MIT", "Some words": "AGPL-3.0-only"},
}
