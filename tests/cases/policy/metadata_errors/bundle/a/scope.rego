# METADATA
# scope: rule
# title: Scope
package acme.scope

# METADATA
# scope: packages
x := 1
