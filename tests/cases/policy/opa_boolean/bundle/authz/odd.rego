package authz.odd

default allow := "no"
