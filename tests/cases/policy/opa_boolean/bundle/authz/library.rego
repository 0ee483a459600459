package authz.library

allow if input.user == "root"
