# refused
# METADATA
# custom:
#   a0: &a0 [x, x, x, x, x, x, x, x, x]
«12×#   a{n+1}: &a{n+1} [*a{n}, *a{n}, *a{n}, *a{n}, *a{n}, *a{n}, *a{n}, *a{n}]
»package hostile

deny contains "x" if true
