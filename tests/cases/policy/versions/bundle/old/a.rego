package old.a

deny[msg] { msg := "v0" }
