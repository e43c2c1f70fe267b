package rules

import (
	"encoding/json"
	"strings"
)

var noWildcard = Rule{
	Name:        "no-wildcard",
	Description: "No statement allows all actions of a kind, all resources of a kind or everybody, unless the settings give a reason.",
	Level:       Mandatory,
	Reference:   "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",
	Settings:    []string{"wildcards"},
	check: func(s *Stack, settings Settings, report report) {
		for _, at := range policyProperties {
			for _, r := range s.of(at.typ) {
				// In a key's policy, the resource * is the key itself, and AWS's pages use action names with a wildcard at the end.
				isKey := at.typ == keyType
				for _, statement := range r.documents(at.property) {
					if fault := statement.wildcard(isKey); fault != "" && !settings.Wildcards[statement.Sid].excuses(statement) {
						report(r, "the statement %s %s; name what is needed, or give the reason in the settings", statement.name(), fault)
					}
				}
			}
		}
		for _, permission := range s.of(permissionType) {
			if permission.text("principal") == "*" && !permission.has("principalOrgId") {
				report(permission, "everybody may invoke the function; name the service or the account")
			}
		}
		for _, attachment := range s.of(attachmentType) {
			// A policy of this stack is checked at its own resource.
			_, name, managed := strings.Cut(attachment.text("policyArn"), ":iam::aws:policy/")
			name = name[strings.LastIndex(name, "/")+1:]
			if managed && settings.Wildcards[name].Reason == "" {
				report(attachment, "the AWS managed policy %s is attached, which is wider than one role needs; write a policy, or give the reason in the settings", name)
			}
		}
	},
}

// policyProperties are the properties that hold policy documents.
var policyProperties = []struct{ typ, property string }{
	{rolePolicyType, "policy"},
	{roleType, "assumeRolePolicy"},
	{roleType, "inlinePolicies"},
	{"aws:iam/policy:Policy", "policy"},
	{"aws:iam/userPolicy:UserPolicy", "policy"},
	{"aws:iam/groupPolicy:GroupPolicy", "policy"},
	{queueType, "policy"},
	{queuePolicyType, "policy"},
	{topicType, "policy"},
	{topicPolicyType, "policy"},
	{keyType, "policy"},
	{bucketPolicyType, "policy"},
	{tracePolicyType, "policyDocument"},
}

// documents reads the statements of a property: a document as JSON or as an object, or a list of documents with names.
func (r *Resource) documents(property string) []statement {
	switch v := r.at(property).(type) {
	case string:
		return parseStatements(v)
	case map[string]any:
		text, err := json.Marshal(v)
		if err != nil {
			return nil
		}
		return parseStatements(string(text))
	case []any:
		var all []statement
		for _, element := range v {
			if text, ok := descend(element, "policy").(string); ok {
				all = append(all, parseStatements(text)...)
			}
		}
		return all
	}
	return nil
}

// wildcard returns what is too wide in a statement. It is empty if nothing is.
func (s statement) wildcard(ofKey bool) string {
	if !s.allows() {
		return ""
	}
	if len(s.NotAction) > 0 {
		return "allows all actions but some"
	}
	if len(s.NotResource) > 0 {
		return "allows all resources but some"
	}
	if s.everybody() {
		return "allows everybody"
	}
	for _, action := range s.Action {
		_, name, _ := strings.Cut(action, ":")
		if strings.HasPrefix(action, "*") || strings.HasPrefix(name, "*") || strings.Contains(name, "*") && !ofKey {
			return "allows " + action
		}
	}
	for _, resource := range s.Resource {
		if wholeType(resource) && !ofKey {
			return "allows actions on " + resource
		}
	}
	return ""
}
