# METADATA
# title: Images are built from the repository of their service
# description: An image that a trusted builder made of another repository is somebody else's code under this service's name.
# custom:
#   code: IMG-SOURCE
#   severity: high
#   scope: image
#   needs: facts
#   controls: [SLSA-BUILD-L2]
#   remediation: Build the image from the repository that the catalogue entry names (`github.com/project-slug` or `backstage.io/source-location`), mend that entry, or list images of others in `data.supply_chain.foreign_images`.
package goldgate.supply_chain.source

import data.goldgate.lib.image

deny contains finding if {
	expected := input.service.repository
	built := image.attested(input.image, "provenance")
	count(built) > 0
	not image.matches_any(image.setting("foreign_images"), image.name(input.image))
	sources := {attestation.provenance.source.repository | some attestation in built}
	not expected in sources
	finding := {
		"message": sprintf("%s was built from %s, and %s is kept in %s", [
			input.image.reference,
			named(sources),
			input.service.ref,
			expected,
		]),
		"facts": {"sources": sort(sources), "expected": expected},
	}
}

named(sources) := concat(", ", sort(sources)) if count(sources) > 0

named(sources) := "a source that its provenance does not name" if count(sources) == 0
