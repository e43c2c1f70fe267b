package dynamodb

import (
	"strings"
	"unicode/utf8"
)

type tokenKind int

const (
	tokenEnd    tokenKind = iota
	tokenWord             // a keyword, a function or an attribute name
	tokenName             // #name
	tokenValue            // :value
	tokenSymbol           // an operator or punctuation
)

type token struct {
	kind       tokenKind
	text       string
	start, end int // in the expression
}

// is returns whether the token is this symbol, or this keyword in any case.
func (t token) is(text string) bool {
	return t.kind == tokenSymbol && t.text == text || t.kind == tokenWord && strings.EqualFold(t.text, text)
}

var symbols = []string{"<>", "<=", ">=", "=", "<", ">", "(", ")", ",", ".", "+", "-"}

// lex splits an expression into tokens, the last of which is tokenEnd. An unknown character
// becomes a symbol, so that the parser reports it with its surroundings.
func lex(src string) []token {
	var tokens []token
	for i := 0; ; {
		for i < len(src) && strings.IndexByte(" \t\r\n", src[i]) >= 0 {
			i++
		}
		t := token{start: i, end: i, text: "<EOF>"}
		if i == len(src) {
			return append(tokens, t)
		}
		switch c := src[i]; {
		case c == '#':
			t.kind, t.end = tokenName, wordEnd(src, i+1)
		case c == ':':
			t.kind, t.end = tokenValue, wordEnd(src, i+1)
		case isLetter(c):
			t.kind, t.end = tokenWord, wordEnd(src, i)
		default:
			_, width := utf8.DecodeRuneInString(src[i:])
			t.kind, t.end = tokenSymbol, i+width
			for _, s := range symbols {
				if strings.HasPrefix(src[i:], s) {
					t.end = i + len(s)
					break
				}
			}
		}
		t.text = src[t.start:t.end]
		tokens = append(tokens, t)
		i = t.end
	}
}

func wordEnd(src string, i int) int {
	for i < len(src) && (isLetter(src[i]) || isDigit(src[i]) || src[i] == '_') {
		i++
	}
	return i
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
