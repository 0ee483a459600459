package names

deny contains "a name is missing" if not input.metadata.name
