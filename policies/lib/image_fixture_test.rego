# Inputs for the tests of rules about images.
package goldgate.lib.image_fixture_test

import data.goldgate.lib.fixture_test as fixture

digest := "sha256:4b825dc642cb6eb9a060e54bf8d69288fbee4904b825dc642cb6eb9a060e54bf"

# An image that is signed and attested as it should be.
good := {
	"reference": "registry.example/shop/checkout:1.4.2",
	"registry": "registry.example",
	"repository": "shop/checkout",
	"tag": "1.4.2",
	"digest": digest,
	"resolved": concat("@", ["registry.example/shop/checkout", digest]),
	"pinned_by_caller": false,
	"used_by": [],
	"platforms": [],
	"configuration": {"created": "2026-11-20T08:00:00Z", "labels": {}, "base_image": {"name": "docker.io/library/debian:13"}},
	"verification": {"status": "verified", "shortfalls": [], "errors": [], "rule": "shop", "complete": true},
	"signatures": [{"authority": "release", "verified": true}],
	"attestations": [provenance, sbom, scan],
	"rejected": [],
	"slsa": {"level": 2, "reason": "built and signed by GitHub Actions"},
}

provenance := {
	"kind": "provenance",
	"authority": "release",
	"provenance": {
		"builder_id": "https://github.com/actions/runner/github-hosted",
		"source": {"repository": "https://github.com/acme/checkout", "ref": "refs/tags/v1.4.2"},
		"invocation": {"finished_on": "2026-11-20T08:00:00Z"},
	},
	"slsa": {"level": 2, "reason": "built and signed by GitHub Actions"},
}

sbom := {"kind": "sbom", "authority": "release", "sbom": {"format": "cyclonedx-json"}}

scan := {
	"kind": "vulnerability_scan",
	"authority": "release",
	"vulnerability_scan": {"scanners": [{"uri": "pkg:github/aquasecurity/trivy@v0.50.0"}], "finished_on": "2026-11-21T08:00:00Z"},
}

# The input document around `image`.
about(image) := object.union(fixture.common("image"), {"image": image})

# A good image with some fields replaced as a whole.
changed(fields) := about(replaced(fields))

replaced(fields) := object.union(object.remove(good, object.keys(fields)), fields)

# One that is not verified for these reasons.
short(codes) := changed({"verification": {"status": "unverified", "shortfalls": codes, "errors": []}, "signatures": []})

# One that could not be looked at.
failed(codes) := changed({
	"verification": {
		"status": "error",
		"shortfalls": ["COULD_NOT_LOOK"],
		"errors": [{"code": code, "stage": "resolve", "message": "no answer"} | some code in codes],
	},
	"signatures": [],
	"attestations": [],
})

# One that nobody looked at.
unseen := about({
	"reference": "registry.example/shop/checkout:1.4.2",
	"registry": "registry.example",
	"repository": "shop/checkout",
	"tag": "1.4.2",
	"pinned_by_caller": false,
	"used_by": [],
	"platforms": [],
	"verification": {"status": "not_looked_at"},
	"signatures": [],
	"attestations": [],
	"rejected": [],
})

# Inputs that hold the wrong type nearly everywhere. A rule must answer; what it answers is its business.
hostile := array.concat([about(value) | some value in fixture.wrong_values], [document |
	some value in fixture.wrong_values
	some document in [
		about({key: value | some key in object.keys(good)}),
		changed({"attestations": [object.union({"kind": kind}, {kind: value}) | some kind in kinds]}),
		changed({"verification": {"status": "error", "shortfalls": [value], "errors": [value]}}),
		object.union(object.remove(about(good), ["service", "now", "environment"]), {"service": value, "now": value, "environment": value}),
	]
])

kinds := {"provenance", "sbom", "vulnerability_scan"}

test_fixture_replaces_whole_fields if {
	changed({"attestations": []}).image.attestations == []
	changed({}).image == good
}
