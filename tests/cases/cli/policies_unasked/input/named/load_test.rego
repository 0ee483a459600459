package loads

deny contains "named like a test, and a policy all the same" if input.kind == "Pod"
