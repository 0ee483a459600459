package vulns.check

x := 1
