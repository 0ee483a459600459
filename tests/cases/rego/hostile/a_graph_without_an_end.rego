# answered
package hostile

deny contains "x" if count(graph.reachable({"a": ["b"], "b": ["a"]}, ["a"])) == 1
