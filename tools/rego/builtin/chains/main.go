// Command chains makes certificate chains with constraints on names and policies, and writes calls with them.
//
// Usage: go run ./chains > calls/chains.txt. Keys are new each time; the answers are asked of OPA by the command above.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"os"
	"strconv"
	"time"
)

type edit func(*x509.Certificate)

var serial int64

// A certificate with its key.
type holder struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	text        string
}

func certify(name string, isAuthority bool, by *holder, edits ...edit) *holder {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	serial++
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(serial),
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:              time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
		BasicConstraintsValid: true,
		IsCA:                  isAuthority,
	}
	if isAuthority {
		template.KeyUsage = x509.KeyUsageCertSign
	}
	for _, edit := range edits {
		edit(template)
	}
	parent, signer := template, key
	if by != nil {
		parent, signer = by.certificate, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	check(err)
	// What Go itself does not read is a case as well.
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		certificate = template
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return &holder{certificate, key, string(text)}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func verify(chain ...*holder) {
	text := ""
	for _, certificate := range chain {
		text += certificate.text
	}
	fmt.Printf("crypto.x509.parse_and_verify_certificates(%s)\n", strconv.Quote(text))
}

func parse(certificate *holder) {
	fmt.Printf("crypto.x509.parse_certificates(%s)\n", strconv.Quote(certificate.text))
}

func dns(names ...string) edit  { return func(c *x509.Certificate) { c.DNSNames = names } }
func mail(names ...string) edit { return func(c *x509.Certificate) { c.EmailAddresses = names } }
func uris(names ...string) edit {
	return func(c *x509.Certificate) {
		for _, name := range names {
			uri, err := url.Parse(name)
			check(err)
			c.URIs = append(c.URIs, uri)
		}
	}
}
func ips(names ...string) edit {
	return func(c *x509.Certificate) {
		for _, name := range names {
			ip := net.ParseIP(name)
			if four := ip.To4(); four != nil {
				ip = four
			}
			c.IPAddresses = append(c.IPAddresses, ip)
		}
	}
}

func ranges(names ...string) []*net.IPNet {
	var found []*net.IPNet
	for _, name := range names {
		_, network, err := net.ParseCIDR(name)
		check(err)
		found = append(found, network)
	}
	return found
}

func extension(id asn1.ObjectIdentifier, critical bool, value []byte) edit {
	return func(c *x509.Certificate) {
		c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: id, Critical: critical, Value: value})
	}
}

var nameConstraints = asn1.ObjectIdentifier{2, 5, 29, 30}

// The extension with one permitted subtree of a kind.
func permitted(tag byte, value []byte) []byte {
	name := append([]byte{0x80 | tag, byte(len(value))}, value...)
	subtree := append([]byte{0x30, byte(len(name))}, name...)
	list := append([]byte{0xa0, byte(len(subtree))}, subtree...)
	return append([]byte{0x30, byte(len(list))}, list...)
}

func names() {
	lists := []struct {
		authority edit
		leaves    []edit
	}{
		{func(c *x509.Certificate) {
			c.PermittedDNSDomains = []string{"example.com"}
			c.PermittedDNSDomainsCritical = true
		},
			[]edit{dns("example.com"), dns("a.example.com"), dns("A.B.EXAMPLE.com"), dns("badexample.com"), dns("other.example"),
				dns("a.example.com", "other.example"), dns("*.example.com"), mail("a@other.example"), ips("10.0.0.1"), dns()}},
		{func(c *x509.Certificate) { c.PermittedDNSDomains = []string{".example.com", "x.example"} },
			[]edit{dns("example.com"), dns("a.example.com"), dns("x.example"), dns("*.example.com")}},
		{func(c *x509.Certificate) { c.ExcludedDNSDomains = []string{"secret.example.com"} },
			[]edit{dns("example.com"), dns("secret.example.com"), dns("a.secret.example.com"), dns("*.example.com"), dns("*.b.example.com"), dns("*")}},
		{func(c *x509.Certificate) {
			c.PermittedDNSDomains = []string{"example.com"}
			c.ExcludedDNSDomains = []string{"a.example.com"}
		}, []edit{dns("example.com"), dns("b.a.example.com")}},
		{func(c *x509.Certificate) {
			c.PermittedEmailAddresses = []string{"one@example.com", "mail.example", ".sub.example"}
		},
			[]edit{mail("one@example.com"), mail("one@EXAMPLE.com"), mail("One@example.com"), mail("two@example.com"), mail("x@mail.example"),
				mail("x@a.mail.example"), mail("x@sub.example"), mail("x@a.sub.example"), mail("\"a b\"@mail.example"), mail("x@")}},
		{func(c *x509.Certificate) { c.ExcludedEmailAddresses = []string{"mail.example"} },
			[]edit{mail("x@mail.example"), mail("x@other.example"), mail("x..y@other.example")}},
		{func(c *x509.Certificate) { c.PermittedIPRanges = ranges("10.0.0.0/8", "2001:db8::/32") },
			[]edit{ips("10.1.2.3"), ips("11.0.0.1"), ips("2001:db8::1"), ips("2001:db9::1"), ips("10.0.0.1", "11.0.0.1")}},
		{func(c *x509.Certificate) { c.PermittedIPRanges = ranges("2001:db8::/32") }, []edit{ips("10.1.2.3"), ips("2001:db8::1")}},
		{func(c *x509.Certificate) { c.ExcludedIPRanges = ranges("10.0.0.0/8") }, []edit{ips("10.1.2.3"), ips("11.0.0.1")}},
		{func(c *x509.Certificate) { c.PermittedURIDomains = []string{"example.com", ".sub.example"} },
			[]edit{uris("https://example.com/x"), uris("https://a.example.com:8443/x"), uris("https://other.example"), uris("https://10.0.0.1/"),
				uris("urn:isbn:1"), uris("https://[::1]:80/"), uris("https://a.sub.example/"), uris("https://sub.example/"), uris("https://EXAMPLE.com/")}},
		{func(c *x509.Certificate) { c.ExcludedURIDomains = []string{"example.com"} },
			[]edit{uris("https://example.com/x"), uris("https://other.example"), uris("spiffe://a.example.com/x")}},
		{extension(nameConstraints, true, permitted(0x24, []byte{0x30, 0})), []edit{dns("example.com")}},
		{extension(nameConstraints, false, permitted(0x24, []byte{0x30, 0})), []edit{dns("example.com")}},
		{extension(nameConstraints, true, permitted(2, nil)), []edit{dns("example.com"), dns("*.a.b")}},
	}
	for _, list := range lists {
		root := certify("root", true, nil)
		authority := certify("authority", true, root, list.authority)
		parse(authority)
		for _, leaf := range list.leaves {
			verify(root, authority, certify("leaf", false, authority, leaf))
		}
		// Constraints of the root count as well.
		above := certify("root", true, nil, list.authority)
		between := certify("authority", true, above)
		verify(above, between, certify("leaf", false, between, list.leaves[0]))
		verify(above, between, certify("leaf", false, between, list.leaves[len(list.leaves)-1]))
	}
	root := certify("root", true, nil)
	for _, value := range [][]byte{
		{0x30, 0}, {0x30, 2, 0xa0, 0}, {0x04, 0}, {0x30, 2, 0xa0, 0, 0}, permitted(2, []byte("a..b")), permitted(2, []byte("a.b.")),
		permitted(2, []byte("a b")), permitted(2, []byte{0xc3, 0xa4}), permitted(1, []byte("a@")), permitted(1, []byte("@b")), permitted(1, []byte(".b")),
		permitted(6, []byte("10.0.0.1")), permitted(6, []byte("a..b")), permitted(7, []byte{10, 0, 0}), permitted(7, []byte{10, 0, 0, 0, 255, 0, 255, 0}),
		permitted(7, []byte{10, 0, 0, 0, 254, 0, 0, 0}), permitted(7, []byte{10, 0, 0, 9, 255, 0, 0, 0}),
	} {
		authority := certify("authority", true, root, extension(nameConstraints, true, value))
		parse(authority)
	}
}

func oid(numbers ...uint64) x509.OID {
	id, err := x509.OIDFromInts(numbers)
	check(err)
	return id
}

func policies(ids ...x509.OID) edit { return func(c *x509.Certificate) { c.Policies = ids } }

func constrained(explicit, mapping int) edit {
	var value []byte
	for tag, count := range []int{explicit, mapping} {
		if count >= 0 {
			value = append(value, 0x80|byte(tag), 1, byte(count))
		}
	}
	return extension(asn1.ObjectIdentifier{2, 5, 29, 36}, true, append([]byte{0x30, byte(len(value))}, value...))
}

func inhibited(count byte) edit {
	return extension(asn1.ObjectIdentifier{2, 5, 29, 54}, true, []byte{2, 1, count})
}

func mapped(pairs ...[2]asn1.ObjectIdentifier) edit {
	type mapping struct{ Issuer, Subject asn1.ObjectIdentifier }
	var list []mapping
	for _, pair := range pairs {
		list = append(list, mapping{pair[0], pair[1]})
	}
	value, err := asn1.Marshal(list)
	check(err)
	return extension(asn1.ObjectIdentifier{2, 5, 29, 33}, true, value)
}

func policyChains() {
	any, a, b := oid(2, 5, 29, 32, 0), oid(1, 2, 3), oid(1, 2, 4)
	idAny, idA, idB := asn1.ObjectIdentifier{2, 5, 29, 32, 0}, asn1.ObjectIdentifier{1, 2, 3}, asn1.ObjectIdentifier{1, 2, 4}
	for _, chain := range [][]edit{
		{constrained(0, -1), policies()},
		{both(constrained(0, -1), policies(a)), policies(a)},
		{both(constrained(0, -1), policies(a)), policies(b)},
		{both(constrained(0, -1), policies(any)), policies(b)},
		{both(constrained(0, -1), policies(a)), policies(any)},
		{both(constrained(0, -1), policies(a)), policies()},
		{both(constrained(1, -1), policies(a)), policies()},
		{both(constrained(2, -1), policies(a)), policies()},
		{both(constrained(3, -1), policies(a)), policies()},
		{both(constrained(0, -1), policies(a), inhibited(0)), policies(any)},
		{both(constrained(0, -1), policies(any), inhibited(1)), policies(any)},
		{both(constrained(0, -1), policies(any), inhibited(0)), policies(a, any)},
		{both(constrained(0, -1), policies(a), mapped([2]asn1.ObjectIdentifier{idA, idB})), policies(b)},
		{both(constrained(0, -1), policies(a), mapped([2]asn1.ObjectIdentifier{idA, idB})), policies(a)},
		{both(constrained(0, 0), policies(a), mapped([2]asn1.ObjectIdentifier{idA, idB})), policies(b)},
		{both(constrained(0, -1), policies(any), mapped([2]asn1.ObjectIdentifier{idA, idB})), policies(b)},
		{both(policies(a), mapped([2]asn1.ObjectIdentifier{idAny, idB})), policies(b)},
		{both(policies(a), mapped([2]asn1.ObjectIdentifier{idA, idAny})), policies(b)},
		{policies(a), both(policies(b), constrained(0, -1))},
		{policies(a), both(policies(a), constrained(0, -1))},
		{policies(), constrained(0, -1)},
		{constrained(-1, 3), policies()},
		{both(constrained(0, -1), policies(a)), policies(a), policies(a)},
		{both(constrained(0, -1), policies(a)), policies(b), policies(a)},
		{both(constrained(0, -1), policies(a)), policies(), policies(a)},
		{both(constrained(1, -1), policies(a)), policies(), policies(a)},
		{both(constrained(0, -1), policies(any)), policies(a), policies(any)},
		{both(constrained(0, 1), policies(any)), both(policies(a), mapped([2]asn1.ObjectIdentifier{idA, idB})), policies(b)},
		{both(constrained(0, 0), policies(any)), both(policies(a), mapped([2]asn1.ObjectIdentifier{idA, idB})), policies(b)},
		{both(constrained(0, 0), policies(any)), both(policies(a), mapped([2]asn1.ObjectIdentifier{idA, idB})), policies(a)},
		{both(constrained(0, -1), policies(any), inhibited(1)), policies(any), policies(a)},
		{both(constrained(0, -1), policies(any), inhibited(0)), policies(any), policies(a)},
	} {
		above := certify("root", true, nil)
		all := []*holder{above}
		for index, edits := range chain {
			isLeaf := index == len(chain)-1
			above = certify(fmt.Sprintf("level %d", index), !isLeaf, above, edits)
			all = append(all, above)
			if index == 0 {
				parse(above)
			}
		}
		verify(all...)
	}
}

func both(edits ...edit) edit {
	return func(c *x509.Certificate) {
		for _, edit := range edits {
			edit(c)
		}
	}
}

func main() {
	names()
	policyChains()
}
