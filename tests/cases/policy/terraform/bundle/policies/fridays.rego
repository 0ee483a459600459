package terraform.policies.fridays

warnings contains msg if {
	input.run.workspace.auto_apply == false
	msg := sprintf("%s: not on a friday", [input.run.created_at])
}
