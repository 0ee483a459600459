package acme.lib

has_label(resource, name) if resource.metadata.labels[name]

names := ["a"]
