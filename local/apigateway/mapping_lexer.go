package apigateway

import (
	"fmt"
	"regexp"
	"strings"
)

// lexer reads the text of a mapping template. After the first error it is at the end of the text.
type lexer struct {
	text string
	at   int
	err  error
}

var (
	// special is where plain text ends. Backslashes before it escape it.
	special       = regexp.MustCompile(`\\*(?:\$!?\{?[A-Za-z]|#(?:\{?[A-Za-z@]|#|\*|\[\[))`)
	directiveName = regexp.MustCompile(`^#(?:\{([A-Za-z]+)\}|([A-Za-z]+))`)
	lineComment   = regexp.MustCompile(`^##[^\n]*\n?`)
	lineEnd       = regexp.MustCompile(`^[ \t]*\r?\n`)
	spaces        = regexp.MustCompile(`^\s+`)

	referenceStart = regexp.MustCompile(`^\$!?(\{?)([A-Za-z][A-Za-z0-9_-]*)`)
	referenceStep  = regexp.MustCompile(`^\.([A-Za-z][A-Za-z0-9_-]*)(\(?)`)
	setTarget      = regexp.MustCompile(`^\s*\(\s*\$!?\{?([A-Za-z][A-Za-z0-9_.-]*)\}?\s*=`)

	// A quote within quotes is written twice. A backslash has no special meaning.
	stringToken  = regexp.MustCompile(`^(?:"((?:[^"]|"")*)"|'((?:[^']|'')*)')`)
	numberToken  = regexp.MustCompile(`^-?\d+(?:\.\d+)?`)
	booleanToken = regexp.MustCompile(`^(?:true|false)\b`)
)

func (l *lexer) failf(format string, args ...any) {
	if l.err == nil {
		line := 1 + strings.Count(l.text[:l.at], "\n")
		l.err = fmt.Errorf("line %d: %s", line, fmt.Sprintf(format, args...))
	}
	l.at = len(l.text)
}

func (l *lexer) rest() string { return l.text[l.at:] }

// next is the beginning of what follows, for messages.
func (l *lexer) next() string {
	word, _, _ := strings.Cut(l.rest(), "\n")
	if runes := []rune(word); len(runes) > 20 {
		return string(runes[:20])
	}
	return word
}

// match reads a token, and returns its groups; nil if something else follows.
func (l *lexer) match(token *regexp.Regexp) []string {
	groups := token.FindStringSubmatch(l.rest())
	if groups != nil {
		l.at += len(groups[0])
	}
	return groups
}

// operator reads one of these tokens after spaces, and returns it; "" if something else follows.
func (l *lexer) operator(tokens ...string) string {
	l.match(spaces)
	for _, token := range tokens {
		if strings.HasPrefix(l.rest(), token) {
			l.at += len(token)
			return token
		}
	}
	return ""
}

func (l *lexer) expect(token string) {
	if l.operator(token) == "" {
		l.failf("expected %q, and the embedded cloud does not support %q here", token, l.next())
	}
}

func (l *lexer) plain() string {
	end := len(l.rest())
	if m := special.FindStringIndex(l.rest()); m != nil {
		end = m[0]
	}
	text := l.rest()[:end]
	l.at += end
	return text
}

// quotedText is the value of a quoted text. It is not constant if it has references.
func quotedText(token string) (text string, constant bool) {
	m := stringToken.FindStringSubmatch(token)
	if m == nil || len(m[0]) != len(token) {
		return "", false
	}
	if token[0] == '\'' {
		return strings.ReplaceAll(m[2], "''", "'"), true
	}
	return strings.ReplaceAll(m[1], `""`, `"`), !special.MatchString(m[1])
}
