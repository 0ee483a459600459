# METADATA
# title: Everything is told
# description: A policy that repeats whatever it sees, in every way it can.
# custom:
#   code: APP-TELL
#   severity: high
#   scope: resource
#   controls: []
#   remediation: Do not.
package app.tell

# The message, each text by itself and in other spellings.
deny contains finding if {
	some text in texts
	some said in {text, base64.encode(text), json.marshal(text), sprintf("%v", [[text]]), concat(", ", split(text, "\n"))}
	finding := {"message": sprintf("it says %s", [said])}
}

# Decoded, where it can be.
deny contains finding if {
	some text in texts
	base64.is_valid(text)
	finding := {"message": sprintf("it means %s", [base64.decode(text)])}
}

# Facts: as values, as keys, and the whole of it; numbers stay numbers.
deny contains {"message": "it knows", "facts": {"all": input.resource, "said": {text: text | some text in texts}}}

deny contains {"message": sprintf("it is %v", [input.resource]), "json": json.marshal(input.resource)}

# The path.
deny contains finding if {
	some text in texts
	finding := {"message": "it points", "path": ["spec", text]}
}

texts contains text if {
	walk(input.resource, [_, text])
	is_string(text)
}
