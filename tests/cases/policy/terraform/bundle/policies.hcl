# What of the set is asked, and how bad it is.
policy "No public ingress" {
  query             = "data.terraform.policies.public_ingress.deny"
  enforcement_level = "mandatory"
  description       = "Security groups are closed to the world."
}

policy "fridays" {
  query = "data.terraform.policies.fridays.warnings"
}
