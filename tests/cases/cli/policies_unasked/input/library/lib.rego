package lib.images

# Without a default it is asked by nobody.
allow if input.kind == "Pod"
