package lib.helper

denylist := ["a"]
