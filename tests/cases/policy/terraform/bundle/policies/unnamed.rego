package terraform.unnamed

deny contains "nothing changes" if count(input.plan.resource_changes) == 0
