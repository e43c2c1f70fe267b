package rules

import (
	"encoding/json"
	"slices"
	"strings"
)

// statement is a statement of a policy document: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
type statement struct {
	Sid         string
	Effect      string
	Principal   any
	Action      list
	NotAction   list
	Resource    list
	NotResource list
	Condition   map[string]any
}

// list is a string or a list of strings.
type list []string

// UnmarshalJSON reads both forms.
func (l *list) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*l = list{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(l))
}

// statements reads the policy document in a property. It returns none if there is no document or if it is unknown. AWS refuses a document
// that is not valid, so it is not validated here.
func (r *Resource) statements(path ...string) []statement {
	return parseStatements(r.text(path...))
}

func parseStatements(text string) []statement {
	var document struct{ Statement json.RawMessage }
	if json.Unmarshal([]byte(text), &document) != nil {
		return nil
	}
	var many []statement
	if json.Unmarshal(document.Statement, &many) == nil {
		return many
	}
	var one statement
	if json.Unmarshal(document.Statement, &one) == nil {
		return []statement{one}
	}
	return nil
}

func (s statement) allows() bool { return s.Effect == "Allow" }

// name returns the name of the statement in messages.
func (s statement) name() string {
	if s.Sid == "" {
		return "without Sid"
	}
	return s.Sid
}

// everybody reports whether the principal is everybody, and no condition restricts that.
func (s statement) everybody() bool {
	return len(s.Condition) == 0 && slices.Contains(principals(s.Principal), "*")
}

func principals(value any) []string {
	switch v := value.(type) {
	case string:
		return []string{v}
	case map[string]any:
		return texts(v["AWS"])
	}
	return nil
}

// wholeType reports whether an ARN pattern covers all resources of a service, or of one type: `*`, `arn:aws:sqs:eu-west-1:1:*`,
// `arn:aws:dynamodb:eu-west-1:1:table/*`. A wildcard after a name is accepted: `arn:aws:s3:::invoices/*`.
func wholeType(pattern string) bool {
	parts := strings.SplitN(pattern, ":", 6)
	if len(parts) < 6 {
		return strings.HasPrefix(pattern, "*")
	}
	service, resource := parts[2], parts[5]
	if strings.HasPrefix(resource, "*") || strings.Contains(service, "*") {
		return true
	}
	// ARNs of these services have no type before the name.
	if slices.Contains([]string{"s3", "sqs", "sns", "execute-api"}, service) {
		return false
	}
	if i := strings.IndexAny(resource, "/:"); i >= 0 {
		return strings.HasPrefix(resource[i+1:], "*")
	}
	return false
}
