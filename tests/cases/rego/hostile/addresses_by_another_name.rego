# stopped
package hostile

deny contains "x" if count(lower(input.network)) == 1 with lower as net.cidr_expand
