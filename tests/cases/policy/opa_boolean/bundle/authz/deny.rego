package authz.deny_it

default deny := false

deny if count(input.resources) > 1
