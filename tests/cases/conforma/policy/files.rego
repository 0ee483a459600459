package files

import rego.v1

# METADATA
# title: Files
# custom:
#   short_name: files
deny contains {"code": "files.files", "msg": "has a task"} if {
	ec.oci.image_files(input.image.ref, ["task.yaml"])["task.yaml"]
}
