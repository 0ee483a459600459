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

# Inputs of which little is known, and whose texts are odd: what goldgate makes has the right types, but strangers wrote
# the texts, and every field that may be absent is so somewhere. A rule must answer; what it answers is its business.
hostile := array.concat(sparse, odd)

sparse := array.concat(
	[unseen, failed([]), short([])],
	[about(object.remove(good, [field])) | some field in ["tag", "digest", "resolved", "configuration", "slsa"]],
)

odd := [document |
	some text in ["", "%s %d", "**", "{{ x }}", "\n"]
	some document in [
		object.union(changed({"configuration": {"labels": {}, "base_image": {"name": text}}}), {"service": {"repository": text, "tier": text}}),
		changed({"attestations": [
			{"kind": "provenance", "provenance": {"builder_id": text, "source": {"repository": text}, "invocation": {}}},
			{"kind": "vulnerability_scan", "vulnerability_scan": {"scanners": [{"uri": text}]}},
			{"kind": "sbom", "sbom": {"format": text}},
			{"kind": "other"},
		]}),
		object.union(changed({
			"reference": text,
			"registry": text,
			"repository": text,
			"verification": {"status": "error", "shortfalls": [text], "errors": [{"code": text, "stage": text, "message": text}]},
		}), {"environment": text}),
		about({
			"reference": text,
			"invalid": text,
			"used_by": [],
			"pinned_by_caller": false,
			"platforms": [],
			"verification": {"status": "not_looked_at"},
			"signatures": [],
			"attestations": [],
			"rejected": [],
		}),
	]
]

test_fixture_replaces_whole_fields if {
	changed({"attestations": []}).image.attestations == []
	changed({}).image == good
}
