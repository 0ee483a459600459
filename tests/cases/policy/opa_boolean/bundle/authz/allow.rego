# METADATA
# title: Production is for services with an owner
package authz.allow_it

default allow := false

allow if input.environment != "production"

allow if input.service.owner
