package other

deny contains "never" if true
