package sums

# The second engine adds these as floating-point numbers, and finds nothing.
deny contains "the parts are the whole" if input.data.one + input.data.other == 0.3
