package apigateway

import (
	"fmt"
	"regexp"
	"strings"
)

// lexer walks over the text of a mapping template. Its first fault takes it to the end of the text.
type lexer struct {
	text string
	at   int
	err  error
}

var (
	// special is where plain text ends. Backslashes belong to it, because they escape what follows.
	special       = regexp.MustCompile(`\\*(?:\$!?\{?[A-Za-z]|#(?:\{?[A-Za-z@]|#|\*|\[\[))`)
	directiveName = regexp.MustCompile(`^#(?:\{([A-Za-z]+)\}|([A-Za-z]+))`)
	lineComment   = regexp.MustCompile(`^##[^\n]*\n?`)
	lineEnd       = regexp.MustCompile(`^[ \t]*\r?\n`)
	spaces        = regexp.MustCompile(`^\s+`)

	referenceStart = regexp.MustCompile(`^\$!?(\{?)([A-Za-z][A-Za-z0-9_-]*)`)
	referenceStep  = regexp.MustCompile(`^\.([A-Za-z][A-Za-z0-9_-]*)(\(?)`)
	setTarget      = regexp.MustCompile(`^\s*\(\s*\$!?\{?([A-Za-z][A-Za-z0-9_.-]*)\}?\s*=`)

	// A quote within quotes is written twice. A backslash is a character like others.
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

// next is a little of what follows, to name it.
func (l *lexer) next() string {
	word, _, _ := strings.Cut(l.rest(), "\n")
	if runes := []rune(word); len(runes) > 20 {
		return string(runes[:20])
	}
	return word
}

// match takes a token, and returns its groups; nil if something else follows.
func (l *lexer) match(token *regexp.Regexp) []string {
	groups := token.FindStringSubmatch(l.rest())
	if groups != nil {
		l.at += len(groups[0])
	}
	return groups
}

func (l *lexer) accept(token string) bool {
	if !strings.HasPrefix(l.rest(), token) {
		return false
	}
	l.at += len(token)
	return true
}

// operator accepts a token after spaces.
func (l *lexer) operator(token string) bool {
	l.match(spaces)
	return l.accept(token)
}

func (l *lexer) expect(token string) {
	if !l.operator(token) {
		l.failf("%q is wanted, or what is there is not supported by the embedded cloud: %q", token, l.next())
	}
}

// plain takes the text up to the next reference, directive or comment.
func (l *lexer) plain() string {
	end := len(l.rest())
	if m := special.FindStringIndex(l.rest()); m != nil {
		end = m[0]
	}
	text := l.rest()[:end]
	l.at += end
	return text
}

// quotedText is the value of a quoted text, unless references are to be filled in.
func quotedText(token string) (string, bool) {
	m := stringToken.FindStringSubmatch(token)
	if m == nil || len(m[0]) != len(token) {
		return "", false
	}
	if token[0] == '\'' {
		return strings.ReplaceAll(m[2], "''", "'"), true
	}
	return strings.ReplaceAll(m[1], `""`, `"`), !special.MatchString(m[1])
}
