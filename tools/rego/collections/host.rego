# Stand-ins for the functions that trivy and Conforma add to OPA: the same on both sides of a comparison.
package host

# A value whose shape OPA's type checker does not see.
anything(text) := json.unmarshal(text)

result_new(message, cause) := {"msg": message, "cause": cause}

isManaged(thing) if {
	is_object(thing)
	object.get(thing, ["__defsec_metadata", "managed"], true)
}

squealer_scan_string(text) := object.union(anything(`{"description": ""}`), {"transgressionFound": regex.match(`AKIA[0-9A-Z]{16}`, text)})

sh_parse_commands(text) := [split(trim_space(command), " ") | some command in split(text, "&&")]

private := ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "fc00::/7"]

cidr_is_public(cidr) if {
	not cidr_is_private(cidr)
}

cidr_is_private(cidr) if {
	some range in private
	net.cidr_contains(range, cidr)
}

cidr_count_addresses(cidr) := bits.lsh(1, width - to_number(split(cidr, "/")[1])) if {
	width := {true: 128, false: 32}[contains(cidr, ":")]
}

ec_oci_blob(_) := anything("\"{}\"")

ec_oci_blob_files(_, _) := anything("{}")

ec_oci_descriptor(_) := anything("null")

ec_oci_image_manifest(_) := anything("null")

ec_oci_image_manifests(_) := anything("{}")

ec_oci_image_files(_, _) := anything("{}")

ec_oci_image_index(_) := anything("null")

ec_oci_image_referrers(_) := anything("[]")

ec_oci_image_tag_refs(_) := anything("[]")

ec_purl_is_valid(purl) if startswith(purl, "pkg:")

ec_purl_parse(purl) := {
	"type": kind,
	"namespace": concat("/", array.slice(path, 1, count(path) - 1)),
	"name": path[count(path) - 1],
	"version": version,
	"qualifiers": qualifiers,
	"subpath": "",
} if {
	whole := split(trim_prefix(purl, "pkg:"), "?")
	parts := split(whole[0], "@")
	path := split(parts[0], "/")
	kind := path[0]
	version := concat("", array.slice(parts, 1, 2))
	qualifiers := [{"key": pair[0], "value": pair[1]} |
		some written in split(concat("", array.slice(whole, 1, 2)), "&")
		pair := split(written, "=")
		count(pair) == 2
	]
}

ec_sigstore_verify_attestation(_, _) := anything(`{"success": false, "errors": [], "attestations": []}`)

ec_sigstore_verify_image(_, _) := anything(`{"success": false, "errors": [], "signatures": []}`)
