package app.lib

is_ours(image) if image.registry == "registry.example"

is_ours(image) if startswith(image.registry, "mirror.")
