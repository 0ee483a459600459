# What functions of Conforma answer about the image that is judged.
package seen

import rego.v1

_manifest := ec.oci.image_manifest(input.image.ref)

_repository := split(input.image.ref, "@")[0]

_key := concat("\n", [
	"-----BEGIN PUBLIC KEY-----",
	data.release_key,
	"-----END PUBLIC KEY-----",
	"",
])

# METADATA
# title: Manifest
# custom:
#   short_name: manifest
deny contains result if {
	descriptor := ec.oci.descriptor(input.image.ref)
	msg := sprintf("%s, %d layers, the same by list: %v, by descriptor: %v", [
		_manifest.mediaType,
		count(_manifest.layers),
		ec.oci.image_manifests({input.image.ref})[input.image.ref] == _manifest,
		descriptor.digest == split(input.image.ref, "@")[1],
	])
	result := {"code": "seen.manifest", "msg": msg}
}

# METADATA
# title: Configuration
# custom:
#   short_name: configuration
deny contains result if {
	ref := sprintf("%s@%s", [_repository, _manifest.config.digest])
	parsed := ec.oci.parsed_blob(ref)
	json.unmarshal(ec.oci.blob(ref)) == parsed
	same := object.get(parsed, "config", {}) == input.image.config
	result := {"code": "seen.configuration", "msg": sprintf("%s/%s, shown: %v", [parsed.os, parsed.architecture, same])}
}

# METADATA
# title: Carriers
# custom:
#   short_name: carriers
deny contains result if {
	referrers := [referrer.artifactType | some referrer in ec.oci.image_referrers(input.image.ref)]
	tags := [regex.replace(tag, `^.*/`, "") | some tag in ec.oci.image_tag_refs(input.image.ref)]
	result := {"code": "seen.carriers", "msg": sprintf("%v %v", [referrers, tags])}
}

# METADATA
# title: By a key
# custom:
#   short_name: key
deny contains result if {
	answer := ec.sigstore.verify_attestation(input.image.ref, {"public_key": _key, "ignore_rekor": true})
	types := [found.statement.predicateType | some found in answer.attestations]
	result := {"code": "seen.key", "msg": sprintf("%v %v %v", [answer.success, types, answer.errors])}
}

# METADATA
# title: By an identity
# custom:
#   short_name: identity
deny contains result if {
	some identity in ["release", "elsewhere"]
	wanted := {
		"certificate_identity_regexp": sprintf("/workflows/%s[.]yml@", [identity]),
		"certificate_oidc_issuer": "https://token.actions.githubusercontent.com",
		"ignore_rekor": false,
	}
	answer := ec.sigstore.verify_image(input.image.ref, wanted)
	attested := ec.sigstore.verify_attestation(input.image.ref, wanted)
	subjects := [found.metadata.subject | some found in answer.signatures]
	msg := sprintf("%s: %v %v, attested %v", [identity, answer.success, subjects, attested.success])
	result := {"code": "seen.identity", "msg": msg}
}

# METADATA
# title: By nobody
# custom:
#   short_name: nobody
deny contains result if {
	answer := ec.sigstore.verify_image(input.image.ref, {"public_key": "", "ignore_rekor": true})
	result := {"code": "seen.nobody", "msg": sprintf("%v %v", [answer.success, answer.errors])}
}

# METADATA
# title: Package URLs
# custom:
#   short_name: purl
deny contains result if {
	purl := ec.purl.parse("pkg:oci/app@sha256%3Aab?repository_url=registry.example/app&arch=amd64")
	not ec.purl.parse("app")
	ec.purl.is_valid("pkg:npm/a@1")
	not ec.purl.is_valid("app")
	result := {"code": "seen.purl", "msg": json.marshal(purl)}
}
