# METADATA
# title: [
package p

# METADATA
# just text
x := 1
