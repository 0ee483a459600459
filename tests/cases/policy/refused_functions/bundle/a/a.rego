# METADATA
# title: Title of A-ONE
# custom:
#   code: A-ONE
#   severity: high
#   scope: resource
#   remediation: Mend it.
package acme.one

r0 := http.send({"method": "get", "url": "http://localhost"})

r1 := net.lookup_ip_addr("localhost")

r2 := opa.runtime()

r3 := rand.intn("a", 7)

r4 := uuid.rfc4122("a")

r5 := time.now_ns()

r6 := graph.reachable_paths({}, [])

r7 := numbers.range(1, input.n)

r8 := numbers.range(1, 30000000)

r9 := numbers.range(1, count(input.a) - 1)

r10 := numbers.range_step(1, input.n, 2)

r11 := net.cidr_expand(input.cidr)

r12 := net.cidr_expand("10.0.0.0/8")

r13 := net.cidr_expand("10.0.0.0/24")

r14 := bits.lsh(1, input.n)

r15 := bits.lsh(1, 100000000)

r16 := bits.lsh(1, 10)

r17 := yaml.unmarshal(input.text)

r18 := yaml.unmarshal("a: 1")

r19 := sprintf(input.format, [1])

r20 := sprintf("%1000000000d", [1])

r21 := sprintf("%.2f %[1]5d", [1])

deny contains "x" if r0
