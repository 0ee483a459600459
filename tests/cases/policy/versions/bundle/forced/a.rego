package forced.a

deny[msg] { msg := "v0" }
