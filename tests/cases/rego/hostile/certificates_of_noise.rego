# stopped
package hostile

deny contains "x" if crypto.x509.parse_certificates(base64.encode(input.long)) == input.list
