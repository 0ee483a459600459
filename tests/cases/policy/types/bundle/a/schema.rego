# METADATA
# schemas:
# - input: {type: object, properties: {owner: {type: string}, sizes: {type: array, items: {type: number}}}}
package acme.schema

deny contains "misspelt" if input.ower == "a"

deny contains "a size" if startswith(input.sizes[0], "a")

deny contains "fine" if input.owner == "a"

deny contains "replaced" if other.ower == "a" with input as {"ower": "a"}

other := input
