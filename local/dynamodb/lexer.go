package dynamodb

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"
)

// tokenKind is the number of the group of tokenPattern.
type tokenKind int

const (
	tokenEnd    tokenKind = iota
	tokenName             // #name
	tokenValue            // :value
	tokenWord             // a keyword, a function or an attribute name
	tokenSymbol           // an operator or punctuation
)

// tokenPattern matches one token. An unknown character is a symbol, so that the parser reports it with its surroundings.
var tokenPattern = regexp.MustCompile(`(#\w*)|(:\w*)|([A-Za-z]\w*)|(<>|<=|>=|[^ \t\r\n])`)

type token struct {
	kind       tokenKind
	text       string
	start, end int // in the expression
}

// is returns whether the token is this symbol, or this keyword in any case.
func (t token) is(text string) bool {
	return t.kind == tokenSymbol && t.text == text || t.kind == tokenWord && strings.EqualFold(t.text, text)
}

func lex(src string) []token {
	var tokens []token
	for _, m := range tokenPattern.FindAllStringSubmatchIndex(src, -1) {
		kind := tokenName
		for m[2*kind] < 0 {
			kind++
		}
		tokens = append(tokens, token{kind, src[m[0]:m[1]], m[0], m[1]})
	}
	return append(tokens, token{text: "<EOF>", start: len(src), end: len(src)})
}

// reserved holds the words that an expression may not use as an attribute name, in upper case.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html
var reserved = func() map[string]bool {
	words := make(map[string]bool, 600)
	for _, word := range strings.Fields(reservedWords) {
		words[word] = true
	}
	return words
}()

//go:embed reserved.txt
var reservedWords string

// scope is what the placeholders in a request's expressions stand for, and which of them were used.
type scope struct {
	names  map[string]string
	values Map
	used   map[string]bool
}

// newScope checks the placeholders. expressions is whether the request has any expression.
func newScope(names map[string]string, values Map, expressions bool) (*scope, error) {
	if err := checkPlaceholders("ExpressionAttributeNames", "#", names, expressions); err != nil {
		return nil, err
	}
	if err := checkPlaceholders("ExpressionAttributeValues", ":", values, expressions); err != nil {
		return nil, err
	}
	for key, name := range names {
		if name == "" {
			return nil, invalid("ExpressionAttributeNames contains invalid value: attribute name must not be empty; key: %s", key)
		}
	}
	return &scope{names: names, values: values, used: make(map[string]bool, len(names)+len(values))}, nil
}

var placeholder = regexp.MustCompile(`^[#:]\w+$`)

func checkPlaceholders[V any](parameter, prefix string, given map[string]V, expressions bool) error {
	switch {
	case given == nil:
		return nil
	case !expressions:
		return invalid("%s can only be specified when using expressions", parameter)
	case len(given) == 0:
		return invalid("%s must not be empty", parameter)
	}
	for key := range given {
		if !strings.HasPrefix(key, prefix) || !placeholder.MatchString(key) {
			return invalid("%s contains invalid key: Syntax error; key: %q", parameter, key)
		}
	}
	return nil
}

// unused refuses placeholders that no expression of the request has used.
func (s *scope) unused() error {
	if err := leftOver("ExpressionAttributeNames", s.names, s.used); err != nil {
		return err
	}
	return leftOver("ExpressionAttributeValues", s.values, s.used)
}

func leftOver[V any](parameter string, given map[string]V, used map[string]bool) error {
	var keys []string
	for key := range given {
		if !used[key] {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	slices.Sort(keys)
	return invalid("Value provided in %s unused in expressions: keys: {%s}", parameter, strings.Join(keys, ", "))
}
