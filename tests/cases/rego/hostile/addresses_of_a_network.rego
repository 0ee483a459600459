# stopped: too many addresses
package hostile

deny contains "x" if count(net.cidr_expand("10.0.0.0/8")) == 1
