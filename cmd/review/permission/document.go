package permission

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Kind is the place of a policy document.
type Kind int

// The kinds of policies: of a role, of a resource, and of who may assume a role.
const (
	Identity Kind = iota
	Resource
	Trust
)

// document is a policy: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html. NotPrincipal is not read.
type document struct {
	Version   string
	ID        string `json:"Id"`
	Statement list[statementJSON]
}

type statementJSON struct {
	Sid, Effect       string
	Action, NotAction list[string]
	Resource          list[string]
	NotResource       list[string]
	Principal         *principalJSON
	Condition         map[string]map[string]list[value]
}

// parse reads a document. A member that is not known is an error: what it means could not be compared.
func parse(text string) (*document, error) {
	var d document
	if err := decode([]byte(text), &d); err != nil {
		return nil, err
	}
	if len(d.Statement) == 0 {
		return nil, errors.New("there is no statement")
	}
	for _, s := range d.Statement {
		if s.Effect != "Allow" && s.Effect != "Deny" {
			return nil, fmt.Errorf("the effect is neither Allow nor Deny, but %q", s.Effect)
		}
		if len(s.Action)+len(s.NotAction) == 0 {
			return nil, errors.New("a statement has neither Action nor NotAction")
		}
	}
	return &d, nil
}

func decode(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// list accepts a single value where a list may stand.
type list[T any] []T

// UnmarshalJSON implements json.Unmarshaler.
func (l *list[T]) UnmarshalJSON(text []byte) error {
	if text = bytes.TrimSpace(text); !bytes.HasPrefix(text, []byte("[")) {
		text = slices.Concat([]byte("["), text, []byte("]"))
	}
	return decode(text, (*[]T)(l))
}

// value is one of a condition: a text, a number or a boolean.
type value string

// UnmarshalJSON implements json.Unmarshaler.
func (v *value) UnmarshalJSON(text []byte) error {
	var s string
	if json.Unmarshal(text, &s) != nil {
		s = string(text)
	}
	*v = value(s)
	return nil
}

// principalJSON is who a statement is about: *, or a list for each kind, such as Service.
type principalJSON struct{ names []string }

// UnmarshalJSON implements json.Unmarshaler.
func (p *principalJSON) UnmarshalJSON(text []byte) error {
	var star string
	if json.Unmarshal(text, &star) == nil {
		p.names = []string{star}
		return nil
	}
	var kinds struct{ Service, AWS, Federated, CanonicalUser list[string] }
	if err := decode(text, &kinds); err != nil {
		return err
	}
	p.names = slices.Concat(kinds.Service, kinds.AWS, kinds.Federated, kinds.CanonicalUser)
	return nil
}
