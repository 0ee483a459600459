policy "a" {
  query = "data.terraform.policies.a.denny"
  enforcement_level = "mandatary"
  colour = "red"
}
policy "b" {}
sentinel "c" {}
policy "d" { query = "terraform.d" }
policy "e" { query = "data.terraform.nowhere.deny" }
policy f {}
