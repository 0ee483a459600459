package authz.forgotten

# Without a default this is a list whose `contains` was forgotten.
deny if input.kind == "Service"
