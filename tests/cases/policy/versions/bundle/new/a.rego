package new.a

deny contains "v1"
