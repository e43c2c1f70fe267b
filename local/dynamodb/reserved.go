package dynamodb

import (
	_ "embed"
	"strings"
)

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
