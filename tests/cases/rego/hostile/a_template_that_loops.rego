# stopped
package hostile

deny contains strings.render_template("«20×{{range .l}}»x«20×{{end}}»", {"l": input.list})
