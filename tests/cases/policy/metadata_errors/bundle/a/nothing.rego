package acme.nothing

x := 1

# METADATA
# title: Above nothing
