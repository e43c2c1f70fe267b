package dynamodb

import (
	_ "embed"
	"regexp"
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
