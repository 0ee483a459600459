package goldgate.sbom.other_image_test

import data.goldgate.lib.sbom_fixture_test as fixture
import data.goldgate.sbom.other_image

bill(fields) := fixture.with_fields(object.union({"subject_digests": ["sha256:ab"]}, fields))

test_bill_of_an_image_of_the_release_is_allowed if {
	count(other_image.deny) == 0 with input as bill({"of_image": true})
}

test_bill_that_names_no_image_is_allowed if {
	count(other_image.deny) == 0 with input as fixture.bill([])
}

test_bill_of_another_image_is_denied if {
	some finding in other_image.deny with input as bill({"of_image": false})
	finding.message == "Cargo.lock is about sha256:ab, which is no image of this release"
}
