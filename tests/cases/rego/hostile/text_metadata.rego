# refused
# METADATA
# custom: «50000×[»
package hostile

deny contains "x" if true
