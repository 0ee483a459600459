# An image that is not the one that is judged: nothing is held of it, and that must not read as "it is not there".
package elsewhere

import rego.v1

# METADATA
# title: Descriptor
# custom:
#   short_name: descriptor
deny contains {"code": "elsewhere.descriptor", "msg": "cannot be reached"} if {
	not ec.oci.descriptor("registry.example/other@sha256:0000000000000000000000000000000000000000000000000000000000000000")
}
