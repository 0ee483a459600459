# METADATA
# title: [
package acme.yaml

deny contains "a"
