# A bill of materials for the tests of the built-in policies.
package goldgate.lib.sbom_fixture_test

found := {
	"id": "GHSA-aaaa-bbbb-cccc",
	"aliases": ["CVE-2026-1"],
	"title": "Reads out of bounds",
	"kind": "vulnerability",
	"severity": "high",
	"component": "openssl",
	"version": "0.10.60",
	"purl": "pkg:cargo/openssl@0.10.60",
	"path": ["native-tls 0.2.11", "openssl 0.10.60"],
	"direct": false,
	"ways": [{
		"name": "native-tls",
		"version": "0.2.11",
		"path": ["native-tls 0.2.11", "openssl 0.10.60"],
		"step": "`cargo update -p openssl@0.10.60 --precise 0.10.66`",
	}],
	"n_ways": 1,
	"comparable": true,
	"fixed": "0.10.66",
}

# A bill with these troubles.
bill(troubles) := with_fields({"vulnerabilities": troubles})

# A bill with these fields changed.
with_fields(fields) := {
	"version": 1,
	"scope": "sbom",
	"environment": "production",
	"stage": "deploy",
	"now": "2026-11-22T06:02:06.000Z",
	"trigger": {},
	"service": {"ref": "", "kind": "", "namespace": "", "name": "", "source": "unknown"},
	"sbom": object.union(
		{
			"file": "Cargo.lock",
			"format": "cargo_lock",
			"format_version": "4",
			"is_bill": false,
			"digest": "sha256:00",
			"tools": [],
			"quality": {},
			"by_purl": {},
			"purls": [],
			"names": [],
			"suppliers": {},
			"released": {},
			"by_license": {},
			"vulnerabilities": [],
			"advisories": {"loaded": true, "age_days": 1},
			"vex": {"documents": []},
			"ecosystems": {"crates.io": {"n_components": 3, "n_advisories": 1200}},
		},
		fields,
	),
}
