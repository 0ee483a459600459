# METADATA
# custom:
#   code: A-MISSING
package acme.missing

deny contains "a"
