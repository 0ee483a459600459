package region

deny contains msg if {
	opa.runtime().env.REGION == "eu"
	msg := sprintf("in %v", [opa.runtime().env.REGION])
}

deny contains "never: the process has a HOME, the data has none" if opa.runtime().env.HOME
