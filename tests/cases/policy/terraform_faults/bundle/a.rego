package terraform.policies.a

deny contains "x" if input.plan
