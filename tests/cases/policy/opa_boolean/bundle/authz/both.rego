package authz.both

default allow := false

allow if count(deny) == 0

deny contains "a Service" if input.kind == "Service"
