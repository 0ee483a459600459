// Command fresh prints calls of built-in functions with arguments by chance, a line each.
//
// Usage: go run ./fresh SEED COUNT FOLDER: writes FOLDER/calls/<family>.txt with COUNT calls of each function; run the program
// beside this folder there to have them answered.
package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

type chance struct{ *rand.Rand }

// A generator writes a term.
type generator func(chance) string

func main() {
	seed, err := strconv.ParseInt(os.Args[1], 10, 64)
	check(err)
	count, err := strconv.Atoi(os.Args[2])
	check(err)
	folder := filepath.Join(os.Args[3], "calls")
	check(os.MkdirAll(folder, 0o755))
	for family, functions := range families {
		c := chance{rand.New(rand.NewSource(seed))}
		var text strings.Builder
		seen := map[string]bool{}
		for _, function := range functions {
			for range count {
				parts := make([]string, len(function.arguments))
				for position, argument := range function.arguments {
					parts[position] = argument(c)
				}
				call := function.name + "(" + strings.Join(parts, ", ") + ")"
				if !seen[call] {
					seen[call] = true
					text.WriteString(call + "\n")
				}
			}
		}
		check(os.WriteFile(filepath.Join(folder, family+".txt"), []byte(text.String()), 0o644))
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func quoted(text string) string {
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	check(encoder.Encode(text))
	return strings.ReplaceAll(strings.TrimSpace(out.String()), "\ufeff", "\\ufeff")
}

func pick[T any](c chance, items []T) T { return items[c.Intn(len(items))] }

func one(generators ...generator) generator {
	return func(c chance) string { return pick(c, generators)(c) }
}

func of(texts ...string) generator {
	return func(c chance) string { return quoted(pick(c, texts)) }
}

func raw(texts ...string) generator {
	return func(c chance) string { return pick(c, texts) }
}

// A text of so many of the pieces, one after the other.
func joined(most int, between string, pieces ...string) generator {
	return func(c chance) string {
		parts := make([]string, c.Intn(most+1))
		for i := range parts {
			parts[i] = pick(c, pieces)
		}
		return quoted(strings.Join(parts, between))
	}
}

func list(most int, item generator) generator {
	return func(c chance) string { return "[" + items(c, most, item) + "]" }
}

func items(c chance, most int, item generator) string {
	parts := make([]string, c.Intn(most+1))
	for i := range parts {
		parts[i] = item(c)
	}
	return strings.Join(parts, ", ")
}

func set(most int, item generator) generator {
	return func(c chance) string {
		text := items(c, most, item)
		if text == "" {
			return "set()"
		}
		return "{" + text + "}"
	}
}

func object(most int, key, item generator) generator {
	return func(c chance) string {
		parts, seen := []string{}, map[string]bool{}
		for range c.Intn(most + 1) {
			name := key(c)
			// OPA's parser takes no negative number for a name.
			if !seen[name] && name[0] != '-' {
				seen[name] = true
				parts = append(parts, name+": "+item(c))
			}
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
}

func either(left, right generator) generator { return one(left, right) }

var letters = []string{"a", "b", "A", "Z", "é", "É", "ß", "ẞ", "İ", "ı", "ſ", "Σ", "ς", "ǆ", "ŉ", "ﬁ", "日", "本", "😀", "👨‍👩‍👧", "e\u0301",
	" ", "\t", "\n", "\u00a0", "\u2003", "\u200b", "\ufeff", "\u0000", "-", "_", ".", ",", ":", "/", "0", "7", "%", "\"", "\\", "aa", "ab", "ba", "abc"}
var plain = []string{"a", "b", "c", "ab", "abc", "-", ".", "/", ":", "0", "1", " "}

var (
	word     = joined(6, "", letters...)
	short    = joined(2, "", letters...)
	simple   = joined(5, "", plain...)
	name     = of("a", "b", "c", "x", "y", "", "a/b", "~", "é", "0", "1")
	text     = one(word, simple)
	wordList = either(list(4, one(short, simple)), set(4, one(short, simple)))
	small    = func(c chance) string { return strconv.Itoa(c.Intn(14) - 4) }
	integer  = func(c chance) string {
		switch c.Intn(6) {
		case 0:
			return strconv.FormatInt(c.Int63()-c.Int63(), 10)
		case 1:
			return strconv.Itoa(c.Intn(3)-1) + strings.Repeat("0", c.Intn(3)) + strconv.FormatInt(c.Int63(), 10) + strconv.FormatInt(c.Int63(), 10)
		case 2:
			return strconv.Itoa(1<<c.Intn(62) - c.Intn(2))
		default:
			return strconv.Itoa(c.Intn(2000) - 1000)
		}
	}
	fraction = func(c chance) string {
		switch c.Intn(6) {
		case 0:
			return strconv.FormatFloat((c.Float64()-0.5)*float64(uint64(1)<<c.Intn(60)), 'g', -1, 64)
		case 1:
			return fmt.Sprintf("%d.%d", c.Intn(40)-20, c.Intn(1000))
		case 2:
			return fmt.Sprintf("%d.5", c.Intn(20)-10)
		case 3:
			return fmt.Sprintf("%de%d", c.Intn(200)-100, c.Intn(50)-25)
		case 4:
			return fmt.Sprintf("%d.%d0e%d", c.Intn(9), c.Intn(100), c.Intn(20)-10)
		default:
			return fmt.Sprintf("%d.0", c.Intn(100))
		}
	}
	number = valid(one(small, integer, fraction))
	whole  = valid(one(small, integer))
	scalar = one(number, text, raw("null", "true", "false"))
)

// Numbers as Rego's grammar has them: no zero before other digits.
func valid(number generator) generator {
	return func(c chance) string {
		for {
			text := number(c)
			digits := strings.TrimPrefix(text, "-")
			if len(digits) < 2 || digits[0] != '0' || digits[1] == '.' || digits[1] == 'e' {
				return text
			}
		}
	}
}

func value(depth int) generator {
	if depth == 0 {
		return scalar
	}
	inner := value(depth - 1)
	return one(scalar, list(3, inner), object(3, one(name, name, name, scalar), inner), set(3, inner))
}

// As JSON has them: names are texts, and there are no sets.
func document(depth int) generator {
	if depth == 0 {
		return scalar
	}
	inner := document(depth - 1)
	return one(scalar, list(3, inner), object(3, name, inner), object(3, name, inner))
}

var (
	any2     = value(2)
	any3     = value(3)
	numbers  = either(list(5, number), set(5, number))
	anyList  = list(5, value(1))
	anySet   = set(5, value(1))
	anyTable = object(4, name, any2)
)

func textOf(term generator) generator {
	return func(c chance) string { return quoted(term(c)) }
}

// Documents as texts, sometimes with a slip.
func jsonText(c chance) string {
	written := document(3)(c)
	switch c.Intn(5) {
	case 0:
		slip := pick(c, []string{",", "}", "]", " ", "\n", "x", "1", "\"", "\\u12", "\\ud800", "//", "nul"})
		at := c.Intn(len(written) + 1)
		for at < len(written) && at > 0 && written[at]&0xc0 == 0x80 {
			at--
		}
		written = written[:at] + slip + written[at:]
	case 1:
		written = " " + strings.ReplaceAll(written, ", ", ",\n\t") + "\n"
	}
	return quoted(written)
}

var yamlPieces = []string{"a: 1\n", "b: yes\n", "c: [1, 2]\n", "d: {e: f}\n", "- x\n", "- - y\n", "zz: 0x1F\n", "e: 0o17\n", "f: 017\n", "g: 1_000\n",
	"h: 1e3\n", "i: .5\n", "j: ~\n", "k: 'it''s'\n", "l: \"\\x41\\n\"\n", "m: |\n  one\n  two\n", "n: >-\n  one\n  two\n", "o: &x 1\n", "p: *x\n",
	"# note\n", "q: 2001-01-01\n", "r: 12:30:45\n", "s: .inf\n", "t: NaN\n", "? u\n: v\n", "!!str 1\n", "w: !!int \"3\"\n", "---\n", "...\n",
	"x: a b # c\n", "y: a#b\n", "\"z\": off\n", "1: one\n", "true: t\n", "null: n\n", "aa: -0\n", "bb: +1\n", "cc: 0b11\n", "dd: 1.0\n", "<<: {m: 1}\n", "ee: =\n"}

var regexPieces = []string{"a", "b", "ab", ".", "^", "$", "*", "+", "?", "|", "(", ")", "(?:", "(?P<n>", "(?i)", "(?s)", "(?m)", "[a-c]", "[^a]", "[[:alpha:]]",
	"\\d", "\\w", "\\s", "\\b", "\\B", "\\A", "\\z", "{2}", "{1,}", "{0,3}", "*?", "+?", "\\pL", "\\p{Greek}", "\\x41", "\\x{1F600}", "\\Q.*\\E", "é", "日", "\\.", "-", "[\\d-]", "\\n", "(?U)"}

// Expressions that are mostly whole: what opens closes.
func regex(c chance) string {
	var expression func(depth int) string
	expression = func(depth int) string {
		var out strings.Builder
		for range 1 + c.Intn(4) {
			atom := pick(c, []string{"a", "b", "c", "ab", ".", "[a-c]", "[^a]", "\\d", "\\w", "\\s", "\\b", "é", "^", "$", "[[:upper:]]", "\\pL", "\\W", "1"})
			if depth > 0 && c.Intn(3) == 0 {
				atom = pick(c, []string{"(", "(?:", "(?P<n" + strconv.Itoa(c.Intn(100)) + ">", "(?i:"}) + expression(depth-1) + ")"
			}
			out.WriteString(atom + pick(c, []string{"", "", "", "*", "+", "?", "{2}", "{0,2}", "*?", "+?", "??"}))
		}
		if c.Intn(5) == 0 {
			out.WriteString("|" + pick(c, []string{"", "a", "b+", "é"}))
		}
		return out.String()
	}
	if c.Intn(4) == 0 {
		return joined(6, "", regexPieces...)(c)
	}
	return quoted(expression(2))
}

var regexText = joined(8, "", "a", "b", "c", "ab", "aa", "A", "1", "22", " ", "\n", "é", "É", "日", "-", ".", "_")

var (
	globs      = joined(5, "", "a", "b", "*", "**", "?", ".", "/", ":", "{a,b}", "{a*,b}", "[a-c]", "[!a]", "\\*", "é", "[", "]", "-")
	globText   = joined(6, "", "a", "b", "c", ".", "/", ":", "ab", "é", "*", "-")
	delimiters = one(raw("null", "[]", `["."]`, `["/"]`, `[".", ":"]`, `[""]`, `["ab"]`, `["é"]`))
	overlaps   = joined(4, "", "a", "b", "[a-c]", "[a-z]*", "a+", ".", "[0-9]", ".*", "\\.", "[^a]", "[", "-")
)

var verbs = []string{"%s", "%d", "%v", "%q", "%x", "%X", "%f", "%.2f", "%5d", "%-5d|", "%05d", "%+d", "% d", "%t", "%e", "%g", "%G", "%o", "%O", "%b", "%c",
	"%U", "%#v", "%#x", "%#q", "%T", "%%", "%8.3f", "%-8s|", "%8s", "%.1s", "%[1]v", "%[2]v", "%[3]d", "%*d", "%.*f", "%!", "%", "%z", "%+v", "%+q", "% x", "%08.3f", "%x", "%6.2f%%", "%w", "a", " é "}

// OPA keeps templates and expressions by their text alone, in one place: none of these is both.
func template(pieces ...string) generator {
	inner := joined(4, "", pieces...)
	return func(c chance) string { return `"t` + inner(c)[1:] }
}

// Pieces that do not stand twice: OPA takes the last of two values for one key, and we refuse both.
func yaml(c chance) string {
	out := ""
	for _, at := range c.Perm(len(yamlPieces))[:c.Intn(5)] {
		out += yamlPieces[at]
	}
	return quoted(out)
}

func format(c chance) string { return joined(4, "", verbs...)(c) }

var (
	instant = func(c chance) string {
		switch c.Intn(4) {
		case 0:
			return strconv.FormatInt(c.Int63n(4_000_000_000_000_000_000)-1_000_000_000_000_000_000, 10)
		case 1:
			return strconv.FormatInt(c.Int63n(4_000_000_000)*1_000_000_000, 10)
		case 2:
			return strconv.FormatInt(c.Int63()-c.Int63(), 10)
		default:
			return strconv.Itoa(c.Intn(3) - 1)
		}
	}
	zone    = of("UTC", "", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia", "Africa/Casablanca", "EST", "Etc/GMT+5", "Local", "Mars/One", "europe/berlin", "America/Sao_Paulo", "Pacific/Chatham")
	zoned   = func(c chance) string { return "[" + instant(c) + ", " + zone(c) + "]" }
	moment  = one(instant, zoned)
	layouts = of("2006-01-02", "2006-01-02T15:04:05Z07:00", "RFC3339", "RFC3339Nano", "RFC1123", "RFC1123Z", "RFC822", "RFC822Z", "RFC850", "ANSIC", "UnixDate", "RubyDate", "Kitchen",
		"02 Jan 06 15:04 MST", "Mon Jan _2 15:04:05.000 2006", "2006-002", "3:04PM", "03:04:05.999999", "Monday", "January 2, 2006", "15h04", "-0700", "Z0700", "Z07", "-07", ".000", ",999", "06-1-2", "__2", "pm", "PM", "Jan", "x")
	formatted = func(c chance) string {
		return "[" + instant(c) + ", " + zone(c) + ", " + layouts(c) + "]"
	}
	stamp = func(c chance) string {
		date := fmt.Sprintf("%04d-%02d-%02d", 1960+c.Intn(120), c.Intn(14), c.Intn(33))
		clock := fmt.Sprintf("%02d:%02d:%02d", c.Intn(26), c.Intn(61), c.Intn(62))
		part := pick(c, []string{"", "", ".5", ".123456789", ".1234567891", ",25", "."})
		offset := pick(c, []string{"Z", "z", "+00:00", "-00:00", "+02:00", "-11:30", "+25:00", "", "+0200", "+2:00"})
		return quoted(date + pick(c, []string{"T", "T", "T", "t", " "}) + clock + part + offset)
	}
	durations = joined(4, "", "1h", "1.5h", "30m", "10s", "5ms", "2us", "3µs", "4μs", "7ns", "-", "+", ".5s", "1.", "1d", "0", "1e3s", "9223372036854775807ns", "100000h", " ")
	parsed    = func(c chance) string {
		layout := pick(c, []string{"2006-01-02", "2006-01-02T15:04:05Z07:00", "RFC3339", "RFC1123", "RFC822Z", "Mon Jan _2 15:04:05 2006", "02/01/06", "3:04PM", "2006-002", "Jan 2 2006", "15:04:05.000", "2006-01-02 15:04:05 MST", "January 2, 2006 -0700"})
		written := pick(c, []string{"2024-02-29", "2023-02-29", "2024-02-29T12:30:45Z", "2024-02-29T12:30:45.25+02:00", "Thu, 29 Feb 2024 12:30:45 GMT", "29 Feb 24 12:30 +0530", "Thu Feb 29 12:30:45 2024", "29/02/24", "3:04PM", "13:04PM", "12:00AM", "2024-060", "2024-366", "2023-366", "Feb 29 2024", "feb 9 2024", "12:30:45.123", "12:30:45.1", "2024-02-29 12:30:45 CET", "2024-02-29 12:30:45 UTC", "February 29, 2024 -0800", "", "2024-2-29", "9999-12-31", "0001-01-01", "1677-09-21", "2262-04-12"})
		return quoted(layout) + ", " + quoted(written)
	}
)

var (
	address = func(c chance) string {
		switch c.Intn(4) {
		case 0:
			return fmt.Sprintf("%d.%d.%d.%d", c.Intn(258), c.Intn(256), c.Intn(3), c.Intn(256))
		case 1:
			return pick(c, []string{"10.0.0.1", "192.168.1.1", "::1", "2001:db8::1", "fe80::1%eth0", "::ffff:10.0.0.1", "10.0.0.01", "1.2.3", "", "x", "::", "255.255.255.255", "2001:DB8:0:0::1"})
		default:
			return fmt.Sprintf("10.%d.%d.%d", c.Intn(2), c.Intn(2), c.Intn(8))
		}
	}
	network = func(c chance) string {
		return address(c) + pick(c, []string{"/8", "/16", "/24", "/25", "/30", "/31", "/32", "/0", "/33", "/64", "/128", "/129", "", "/", "/08", "/-1"})
	}
	ip   = func(c chance) string { return quoted(address(c)) }
	cidr = func(c chance) string { return quoted(network(c)) }
	// Few addresses: OPA lists them all, however many there are.
	narrow = func(c chance) string {
		address := address(c)
		if strings.Contains(address, ":") {
			return quoted(address + pick(c, []string{"/126", "/127", "/128", "/129"}))
		}
		return quoted(address + pick(c, []string{"/29", "/30", "/31", "/32", "/28", "/33", ""}))
	}
	ipOrCidr = one(ip, cidr)
	cidrs    = one(ipOrCidr, list(4, ipOrCidr), set(4, ipOrCidr), list(3, func(c chance) string { return "[" + cidr(c) + ", " + any2(c) + "]" }), object(3, name, ipOrCidr))
	merging  = either(list(5, ipOrCidr), set(5, ipOrCidr))
	version  = joined(7, "", "1", "0", "2", "10", ".", ".", ".", "-", "+", "rc", "alpha", "v", "01", "beta.2", "")
	versions = func(c chance) string {
		if c.Intn(4) == 0 {
			return version(c)
		}
		tail := pick(c, []string{"", "", "-rc.1", "-rc.10", "-alpha", "-1", "-01", "-a.b", "+build", "-rc+5", "-", "+", "-é", "-rc..1", ".4"})
		return quoted(fmt.Sprintf("%s%d.%d.%d%s", pick(c, []string{"", "", "", "v", "V", " "}), c.Intn(3), c.Intn(12), c.Intn(3), tail))
	}
	unit = func(c chance) string {
		amount := pick(c, []string{"1", "10", "1.5", "0", "-3", "+2", ".5", "1e3", "1E3", "007", "1_000", "", "12345678901234567890", "0.1", "1.", "\"2\"", " 4"})
		return quoted(amount + pick(c, []string{"", "m", "k", "K", "Ki", "ki", "KB", "kb", "KiB", "Mi", "M", "MB", "mb", "MiB", "G", "g", "Gi", "GB", "GiB", "T", "Ti", "TB", "P", "Pi", "PiB", "E", "Ei", "EB", "EiB", "B", "b", "x", " k", "k ", "n", "u", "mi", "Kib"}))
	}
	numeral = one(joined(5, "", "1", "0", "-", "+", ".", "e", "E", "5", "_", "0x", "inf", "NaN", " "), textOf(number), raw("null", "true", "false"), number)
)

var (
	pointer = one(joined(3, "/", "", "a", "b", "c", "0", "1", "-", "a~1b", "~0", "x", "é"), list(3, one(name, small)))
	pointed = func(c chance) string { return quoted("/" + strings.Trim(pointer(c), `"[]`)) }
	paths   = one(list(3, one(pointer, pointed)), set(3, pointer))
	patch   = func(c chance) string {
		op := pick(c, []string{"add", "remove", "replace", "move", "copy", "test", "add", "x"})
		out := `{"op": ` + quoted(op) + `, "path": ` + one(pointed, pointer)(c)
		if op == "move" || op == "copy" {
			out += `, "from": ` + pointed(c)
		}
		if op == "add" || op == "replace" || op == "test" || c.Intn(8) == 0 {
			out += `, "value": ` + document(1)(c)
		}
		return out + "}"
	}
	encoded = one(func(c chance) string {
		bytes := make([]byte, c.Intn(9))
		c.Read(bytes)
		encoding := pick(c, []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding, base64.RawURLEncoding})
		return quoted(encoding.EncodeToString(bytes))
	}, joined(6, "", "YQ", "==", "=", "YWJj", "-", "_", "/", "+", "\n", " ", "é"))
	hexText = joined(6, "", "0", "a", "F", "6", "61", "c3a9", "x", "0x", " ")
	query   = joined(6, "", "a=1", "&", "b=", "%20", "+", "c", ";", "%", "%zz", "é", "=", "a=2", "%C3%A9", "&&")
	uris    = joined(7, "", "http", "https", "://", ":", "/", "//", "a", "example.com", "user:pw@", "@", "[::1]", ":80", ":x", "?", "q=1", "#", "f", "%20", "%", "é", " ", "..", "mailto:", "A")
	ids     = func(c chance) string {
		hex := "0123456789abcdefABCDEF"
		out := ""
		for _, n := range []int{8, 4, 4, 4, 12} {
			part := ""
			for range n {
				part += string(hex[c.Intn(len(hex))])
			}
			out += "-" + part
		}
		return quoted(pick(c, []string{"", "urn:uuid:", "{", "x"}) + out[1:] + pick(c, []string{"", "", "}", "0"}))
	}
	token = func(c chance) string {
		part := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
		head := pick(c, []string{`{"alg":"HS256"}`, `{"alg":"none"}`, `{"alg":"HS256","typ":"JWT","cty":"JWT"}`, `{}`, `[]`, `{"alg":1}`, `{"alg":"HS256","alg":"none"}`, `{"alg":"HS256","crit":["x"]}`, `{`, ``})
		body := pick(c, []string{`{"sub":"a"}`, `{"exp":1,"nbf":2}`, `{"n":1.0,"big":12345678901234567890}`, `[]`, `"x"`, `{"a":1,"a":2}`, `{`, ``, `{"iss":"é"}`, ` {"a" : 1} `})
		return quoted(strings.Join([]string{part(head), part(body), pick(c, []string{"", "YQ", "=", "a b"})}[:1+c.Intn(3)], ".") + pick(c, []string{"", "", ".", "=", "\n"}))
	}
	graph = object(5, of("a", "b", "c", "d"), one(list(3, of("a", "b", "c", "d", "e")), set(3, of("a", "b", "c", "d", "e")), raw("null")))
	roots = either(list(3, of("a", "b", "z")), set(3, of("a", "c")))
)

type function struct {
	name      string
	arguments []generator
}

func f(name string, arguments ...generator) function { return function{name, arguments} }

var families = map[string][]function{
	"text": {
		f("concat", short, wordList), f("contains", text, short), f("startswith", text, short), f("endswith", text, short),
		f("indexof", text, short), f("indexof_n", text, short), f("lower", word), f("upper", word), f("replace", text, short, short),
		f("split", text, short), f("strings.split_n", text, short, small), f("substring", text, small, small), f("trim", text, short),
		f("trim_left", text, short), f("trim_right", text, short), f("trim_prefix", text, short), f("trim_suffix", text, short), f("trim_space", word),
		f("strings.reverse", word), f("strings.count", text, short), f("strings.replace_n", object(3, short, short), text),
		f("strings.any_prefix_match", one(text, wordList), one(short, wordList)), f("strings.any_suffix_match", one(text, wordList), one(short, wordList)),
		f("sprintf", format, list(4, any2)), f("sprintf", format, list(3, number)), f("sprintf", format, list(3, number)), f("sprintf", format, list(3, text)),
	},
	"regex": {
		f("regex.match", regex, regexText), f("regex.is_valid", regex), f("regex.split", regex, regexText), f("regex.find_n", regex, regexText, small),
		f("regex.find_all_string_submatch_n", regex, regexText, small),
		f("regex.replace", regexText, regex, joined(4, "", "x", "$1", "${1}", "$n1", "$$", "$0", "é", "${n}y", "$1x", "$")),
		f("regex.globs_match", overlaps, overlaps),
		f("regex.template_match", template("a", "{[a-c]+}", "{.*}", "{", "}", "/", "é", "{\\d{2}}"), regexText, of("{"), of("}")),
		f("glob.match", globs, delimiters, globText), f("glob.match", globs, delimiters, globText), f("glob.quote_meta", globs),
	},
	"time": {
		f("time.clock", moment), f("time.date", moment), f("time.weekday", moment), f("time.add_date", moment, small, small, one(small, raw("40", "-400", "1000"))),
		f("time.diff", moment, moment), f("time.format", formatted), f("time.format", one(moment, formatted)),
		f("time.parse_rfc3339_ns", stamp), f("time.parse_duration_ns", durations), f("time.parse_ns", parsed),
	},
	"net": {
		f("net.cidr_contains", cidr, ipOrCidr), f("net.cidr_intersects", cidr, cidr), f("net.cidr_is_valid", ipOrCidr), f("net.cidr_merge", merging),
		f("net.cidr_expand", narrow), f("net.cidr_contains_matches", cidrs, cidrs), f("net.cidr_overlap", cidr, ip),
		f("semver.compare", versions, versions), f("semver.is_valid", versions), f("units.parse", unit), f("units.parse_bytes", unit),
		f("uri.parse", uris), f("uri.is_valid", uris), f("uuid.parse", ids),
	},
	"number": {
		f("plus", number, number), f("minus", either(number, anySet), either(number, anySet)), f("mul", number, number), f("div", number, number), f("rem", whole, whole),
		f("abs", number), f("ceil", number), f("floor", number), f("round", number), f("to_number", numeral), f("format_int", number, one(raw("2", "8", "10", "16", "3"))),
		f("bits.and", whole, whole), f("bits.or", whole, whole), f("bits.xor", whole, whole), f("bits.negate", whole), f("bits.lsh", whole, small), f("bits.rsh", whole, small),
		f("numbers.range", small, small), f("numbers.range_step", small, small, small), f("sum", numbers), f("product", numbers), f("max", numbers), f("min", numbers),
	},
	"encoding": {
		f("json.marshal", any3), f("json.unmarshal", jsonText), f("json.is_valid", jsonText),
		f("json.marshal_with_options", any2, object(3, of("pretty", "indent", "prefix", "x"), one(raw("true", "false"), of(" ", "\t", "--", "")))),
		f("json.patch", document(3), list(3, patch)), f("json.filter", document(3), paths), f("json.remove", document(3), paths),
		f("base64.encode", word), f("base64.decode", encoded), f("base64.is_valid", encoded), f("base64url.encode", word), f("base64url.encode_no_pad", word),
		f("base64url.decode", encoded), f("hex.encode", word), f("hex.decode", hexText), f("urlquery.encode", word), f("urlquery.decode", query),
		f("urlquery.encode_object", object(3, name, one(text, wordList))), f("urlquery.decode_object", query),
		f("crypto.md5", word), f("crypto.sha1", word), f("crypto.sha256", word), f("crypto.hmac.sha256", word, word), f("crypto.hmac.sha512", word, short), f("crypto.hmac.equal", short, short),
		f("yaml.marshal", any3), f("yaml.marshal", document(3)), f("yaml.unmarshal", yaml), f("yaml.unmarshal", yaml), f("yaml.is_valid", yaml),
		f("io.jwt.decode", token), f("io.jwt.verify_hs256", token, short),
	},
	"collection": {
		f("array.concat", anyList, anyList), f("array.slice", anyList, small, small), f("array.reverse", anyList), f("array.flatten", list(4, any3)),
		f("object.get", anyTable, one(name, list(3, one(name, small))), any2), f("object.keys", object(4, scalar, any2)), f("object.union", anyTable, anyTable),
		f("object.union_n", list(4, anyTable)), f("object.remove", anyTable, one(list(3, name), set(3, name), anyTable)), f("object.filter", anyTable, one(list(3, name), set(3, name), anyTable)),
		f("object.subset", any3, any2), f("object.subset", anyTable, anyTable), f("object.subset", anyList, anyList),
		f("intersection", set(3, anySet)), f("union", set(3, anySet)), f("and", anySet, anySet), f("or", anySet, anySet), f("set_diff", anySet, anySet),
		f("sort", either(anyList, anySet)), f("count", any3), f("max", either(anyList, anySet)), f("min", either(anyList, anySet)), f("all", either(list(3, scalar), anySet)), f("any", either(list(3, scalar), anySet)),
		f("equal", any2, any2), f("lt", any2, any2), f("gte", any2, any2), f("type_name", any2), f("walk", any3), f("internal.member_2", scalar, any2), f("internal.member_3", scalar, scalar, any2),
		f("graph.reachable", graph, roots), f("graph.reachable_paths", graph, roots),
	},
}
