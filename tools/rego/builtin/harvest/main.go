// Command harvest prints every call of a built-in function with constant arguments in OPA's own case files.
//
// Usage: go run ./harvest FOLDER, where FOLDER is v1/test/cases/testdata of the module github.com/open-policy-agent/opa.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
	"sigs.k8s.io/yaml"
)

type file struct {
	Cases []struct {
		Modules []string `json:"modules"`
		Query   string   `json:"query"`
	} `json:"cases"`
}

// Functions that reach out, are random, or are no function of values.
var left = []string{"http.send", "net.lookup_ip_addr", "providers.", "rand.", "uuid.rfc4122", "time.now_ns", "opa.runtime",
	"rego.", "internal.print", "internal.test_case", "print", "trace", "eq", "assign", "io.jwt.encode_sign", "test.sleep"}

func main() {
	calls := map[string]bool{}
	visit := func(name string, arguments []*ast.Term) {
		builtin, known := ast.BuiltinMap[name]
		if !known || topdown.GetBuiltin(name) == nil {
			return
		}
		for _, other := range left {
			if name == other || strings.HasSuffix(other, ".") && strings.HasPrefix(name, other) || strings.HasPrefix(name, "io.jwt.encode_sign") {
				return
			}
		}
		if n := len(builtin.Decl.FuncArgs().Args); len(arguments) > n {
			arguments = arguments[:n]
		}
		texts := make([]string, len(arguments))
		for position, argument := range arguments {
			if !ast.IsConstant(argument.Value) {
				return
			}
			texts[position] = argument.String()
		}
		call := name + "(" + strings.Join(texts, ", ") + ")"
		if len(call) < 8000 && !strings.Contains(call, "\n") {
			calls[call] = true
		}
	}
	check(filepath.Walk(os.Args[1], func(path string, info os.FileInfo, err error) error {
		if err != nil || !strings.HasSuffix(path, ".yaml") {
			return err
		}
		text, err := os.ReadFile(path)
		check(err)
		var cases file
		if yaml.Unmarshal(text, &cases) != nil {
			return nil
		}
		for _, one := range cases.Cases {
			for _, text := range one.Modules {
				module, err := ast.ParseModuleWithOpts("", text, ast.ParserOptions{AllFutureKeywords: true})
				if err != nil {
					continue
				}
				ast.WalkExprs(module, func(expr *ast.Expr) bool {
					if expr.IsCall() {
						visit(expr.Operator().String(), expr.Operands())
					}
					return false
				})
				ast.WalkTerms(module, func(term *ast.Term) bool {
					if call, ok := term.Value.(ast.Call); ok {
						visit(call[0].String(), call[1:])
					}
					return false
				})
			}
		}
		return nil
	}))
	sorted := make([]string, 0, len(calls))
	for call := range calls {
		sorted = append(sorted, call)
	}
	sort.Strings(sorted)
	fmt.Println(strings.Join(sorted, "\n"))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
