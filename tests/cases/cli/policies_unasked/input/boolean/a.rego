package k8s

default deny := false

deny if input.kind == "Pod"
