// Command builtin asks OPA's own built-in functions and writes down what they answer.
//
// Usage: go run . FOLDER: reads calls/*.txt beside this file and writes FOLDER/<family>.json, one file per list.
//
// A line of a list is one call in Rego; calls/opa_cases.txt is what harvest finds in OPA's own case files. The first call of each function is asked again with every argument replaced by
// values of other types. Values are JSON; a set is {"$set": [...]}, an object with other keys {"$object": [[key, value]]}, a number that
// is written as JSON does not write it {"$number": "+5"}.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/topdown/builtins"
)

type answer struct {
	Name      string `json:"name"`
	Arguments []any  `json:"arguments"`
	Value     any    `json:"value,omitempty"`
	Error     string `json:"error,omitempty"`
	Undefined bool   `json:"undefined,omitempty"`
}

// What argument positions of every function are tried with.
var odd = []string{`null`, `true`, `-1`, `1.5`, `""`, `"x"`, `["x"]`, `[]`, `{"a": 1}`, `{"x"}`, `{1: {2}}`}

func main() {
	lists, err := filepath.Glob("calls/*.txt")
	check(err)
	total := 0
	for _, list := range lists {
		answers := answersOf(list)
		total += len(answers)
		family := strings.TrimSuffix(filepath.Base(list), ".txt")
		write(filepath.Join(os.Args[1], family+".json"), answers)
	}
	fmt.Println(total, "calls")
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func answersOf(list string) []answer {
	text, err := os.ReadFile(list)
	check(err)
	var answers []answer
	seen, asked := map[string]bool{}, map[string]bool{}
	ask := func(call string, name string, arguments []*ast.Term) {
		if !asked[call] {
			asked[call] = true
			answers = append(answers, answerOf(name, arguments))
		}
	}
	for number, line := range strings.Split(string(text), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		expr, err := ast.ParseExpr(line)
		if err != nil || !expr.IsCall() {
			check(fmt.Errorf("%s:%d: %v", list, number+1, err))
		}
		name, arguments := expr.Operator().String(), expr.Operands()
		ask(line, name, arguments)
		// OPA keeps templates by their pattern alone, so that other delimiters would find the wrong one.
		if seen[name] || name == "regex.template_match" || strings.HasSuffix(list, "opa_cases.txt") || strings.HasSuffix(list, "fresh.txt") {
			continue
		}
		seen[name] = true
		for position := range arguments {
			for _, other := range odd {
				replaced := append([]*ast.Term(nil), arguments...)
				replaced[position] = ast.MustParseTerm(other)
				ask(fmt.Sprint(name, replaced), name, replaced)
			}
		}
	}
	return answers
}

func answerOf(name string, arguments []*ast.Term) (result answer) {
	result.Name = name
	for _, argument := range arguments {
		result.Arguments = append(result.Arguments, shown(argument.Value))
	}
	function := topdown.GetBuiltin(name)
	if function == nil {
		check(fmt.Errorf("no function %s", name))
	}
	// A fault of OPA itself is no answer: the caller sees an error.
	defer func() {
		if fault := recover(); fault != nil {
			result.Value, result.Error = nil, fmt.Sprint("panic: ", fault)
		}
	}()
	call := topdown.BuiltinContext{
		Context:  context.Background(),
		Cache:    builtins.Cache{},
		Cancel:   topdown.NewCancel(),
		Seed:     rand.Reader,
		Time:     ast.NumberTerm(json.Number(fmt.Sprint(time.Unix(1700000000, 0).UnixNano()))),
		Location: ast.NewLocation(nil, "", 1, 1),
	}
	found := []any{}
	err := function(call, arguments, func(term *ast.Term) error {
		if term != nil {
			found = append(found, shown(term.Value))
		}
		return nil
	})
	switch {
	case err != nil:
		result.Error = strings.Replace(strings.TrimPrefix(err.Error(), "1:1: "), " "+name+": ", " ", 1)
	case name == "walk":
		result.Value = found
	case len(found) == 0:
		result.Undefined = true
	default:
		result.Value = found[0]
		if result.Value == nil {
			result.Value = json.RawMessage("null")
		}
	}
	return result
}

// The value as JSON with marks for what JSON does not have.
func shown(value ast.Value) any {
	switch value := value.(type) {
	case ast.Null:
		return json.RawMessage("null")
	case ast.Boolean:
		return bool(value)
	case ast.Number:
		if !json.Valid([]byte(value)) {
			return map[string]any{"$number": string(value)}
		}
		return json.RawMessage(value)
	case ast.String:
		return string([]rune(string(value)))
	case *ast.Array:
		items := []any{}
		value.Foreach(func(item *ast.Term) { items = append(items, shown(item.Value)) })
		return items
	case ast.Set:
		items := []any{}
		value.Foreach(func(item *ast.Term) { items = append(items, shown(item.Value)) })
		return map[string]any{"$set": items}
	case ast.Object:
		plain, pairs, only := map[string]any{}, []any{}, true
		value.Foreach(func(key, item *ast.Term) {
			text, ok := key.Value.(ast.String)
			only = only && ok
			plain[string(text)] = shown(item.Value)
			pairs = append(pairs, []any{shown(key.Value), shown(item.Value)})
		})
		if only {
			return plain
		}
		return map[string]any{"$object": pairs}
	}
	check(fmt.Errorf("no value: %v", value))
	return nil
}

func write(path string, answers []answer) {
	var text bytes.Buffer
	text.WriteString("[\n")
	for position, answer := range answers {
		if position > 0 {
			text.WriteString(",\n")
		}
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		check(encoder.Encode(answer))
		text.Truncate(text.Len() - 1)
	}
	text.WriteString("\n]\n")
	check(os.WriteFile(path, text.Bytes(), 0o644))
}
