package k8sname

violation[{"msg": msg, "details": {}}] {
  not startswith(input.review.object.metadata.name, "a")
  not input.parameters.anything
  msg := sprintf("%v %v/%v", [input.review.operation, input.review.kind.kind, input.review.name])
}
