# answered
package hostile

deny contains "x" if regex.globs_match("«200×[a-z]+»", "«200×[a-z]*»!")
