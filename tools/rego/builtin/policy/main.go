// Command policy asks OPA for the values of whole policies.
//
// Usage: go run ./policy: reads questions, one JSON object a line, and writes an answer for each in the same order. A
// question is {"modules": [TEXT…], "v0": BOOL, "strict": BOOL, "input": …, "data": {…}, "rules": ["data.p.r"…]}; an answer is
// {"refused": CODE} where OPA does not compile the modules, or else {"answers": [TEXT…]}: a value as JSON with
// {1, 2} for a set, `undefined`, or `error: CODE`.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sort"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/topdown"
)

type question struct {
	Modules []string         `json:"modules"`
	V0      bool             `json:"v0"`
	Strict  bool             `json:"strict"`
	Input   *json.RawMessage `json:"input"`
	Data    *json.RawMessage `json:"data"`
	Rules   []string         `json:"rules"`
}

type answer struct {
	Refused string   `json:"refused,omitempty"`
	Answers []string `json:"answers,omitempty"`
}

// A moment in 2026, which the tests use too.
const nowNs = 1_790_000_000_000_000_000

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	out := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for lines.Scan() {
		var asked question
		check(json.Unmarshal(lines.Bytes(), &asked))
		check(encoder.Encode(answered(asked)))
		check(out.Flush())
	}
	check(lines.Err())
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func answered(asked question) answer {
	compiler, err := compiled(asked)
	if err != nil {
		return answer{Refused: code(err)}
	}
	store := inmem.New()
	if asked.Data != nil {
		decoder := json.NewDecoder(bytes.NewReader(*asked.Data))
		decoder.UseNumber()
		var data map[string]any
		check(decoder.Decode(&data))
		store = inmem.NewFromObject(data)
	}
	var given answer
	for _, rule := range asked.Rules {
		given.Answers = append(given.Answers, valueOf(rule, asked, compiler, store))
	}
	return given
}

func compiled(asked question) (*ast.Compiler, error) {
	version := ast.RegoV1
	if asked.V0 {
		version = ast.RegoV0
	}
	modules := map[string]*ast.Module{}
	for number, text := range asked.Modules {
		name := fmt.Sprintf("m%d.rego", number)
		module, err := ast.ParseModuleWithOpts(name, text, ast.ParserOptions{RegoVersion: version, ProcessAnnotation: true})
		if err != nil {
			return nil, err
		}
		modules[name] = module
	}
	compiler := ast.NewCompiler()
	compiler.Compile(modules)
	if compiler.Failed() {
		return nil, compiler.Errors
	}
	return compiler, nil
}

func valueOf(rule string, asked question, compiler *ast.Compiler, store storage.Store) string {
	ctx := context.Background()
	body, err := compiler.QueryCompiler().Compile(ast.MustParseBody("found = " + rule))
	if err != nil {
		return "error: " + code(err)
	}
	transaction, err := store.NewTransaction(ctx)
	check(err)
	defer store.Abort(ctx, transaction)
	query := topdown.NewQuery(body).WithCompiler(compiler).WithStore(store).WithTransaction(transaction).
		WithStrictBuiltinErrors(asked.Strict).WithTime(time.Unix(0, nowNs).UTC())
	if asked.Input != nil {
		input, err := ast.ValueFromReader(bytes.NewReader(*asked.Input))
		check(err)
		query = query.WithInput(ast.NewTerm(input))
	}
	results, err := query.Run(ctx)
	if err != nil {
		return "error: " + code(err)
	}
	if len(results) == 0 {
		return "undefined"
	}
	return shown(results[0]["found"].Value)
}

func code(err error) string {
	var failed *topdown.Error
	if errors.As(err, &failed) {
		return failed.Code
	}
	var faults ast.Errors
	if errors.As(err, &faults) && len(faults) > 0 {
		codes := map[string]bool{}
		for _, fault := range faults {
			codes[fault.Code] = true
		}
		listed := []string{}
		for code := range codes {
			listed = append(listed, code)
		}
		sort.Strings(listed)
		return strings.Join(listed, " ")
	}
	return err.Error()
}

func shown(value ast.Value) string {
	switch value := value.(type) {
	case ast.String:
		var text bytes.Buffer
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		check(encoder.Encode(string(value)))
		return strings.TrimSpace(text.String())
	case *ast.Array:
		items := []string{}
		value.Foreach(func(item *ast.Term) { items = append(items, shown(item.Value)) })
		return "[" + strings.Join(items, ", ") + "]"
	case ast.Set:
		items := []string{}
		value.Foreach(func(item *ast.Term) { items = append(items, shown(item.Value)) })
		if len(items) == 0 {
			return "set()"
		}
		return "{" + strings.Join(items, ", ") + "}"
	case ast.Object:
		pairs := []string{}
		value.Foreach(func(key, item *ast.Term) { pairs = append(pairs, shown(key.Value)+": "+shown(item.Value)) })
		return "{" + strings.Join(pairs, ", ") + "}"
	}
	return value.String()
}
