package components

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// statement allows actions on resources, given by ARN.
type statement struct {
	sid       string
	principal string // an AWS service, in resource and trust policies
	actions   []string
	resources []pulumi.StringInput
	// condition narrows the statement: operator, key, value.
	condition *condition
}

// may allows actions on one resource.
func may(sid string, on pulumi.StringInput, actions ...string) statement {
	return statement{sid: sid, actions: actions, resources: []pulumi.StringInput{on}}
}

type condition struct {
	operator, key string
	value         pulumi.StringInput
}

type policyJSON struct {
	Version   string
	Statement []statementJSON
}

type statementJSON struct {
	Sid       string
	Effect    string
	Principal any `json:",omitempty"`
	Action    []string
	Resource  []string                     `json:",omitempty"`
	Condition map[string]map[string]string `json:",omitempty"`
}

// allow renders a policy document once all its ARNs are known.
func allow(statements ...statement) pulumi.StringOutput {
	var inputs []any
	for _, s := range statements {
		for _, r := range s.resources {
			inputs = append(inputs, r)
		}
		if s.condition != nil {
			inputs = append(inputs, s.condition.value)
		}
	}
	return pulumi.All(inputs...).ApplyT(func(values []any) (string, error) {
		next := func() (string, error) {
			v, _ := values[0].(string)
			if v == "" {
				return "", fmt.Errorf("policy document: an ARN is missing, got %v", values[0])
			}
			values = values[1:]
			return v, nil
		}
		return renderPolicy(statements, next)
	}).(pulumi.StringOutput)
}

func renderPolicy(statements []statement, next func() (string, error)) (string, error) {
	doc := policyJSON{Version: "2012-10-17"}
	for _, s := range statements {
		out := statementJSON{Sid: s.sid, Effect: "Allow", Action: s.actions}
		if s.principal != "" {
			out.Principal = map[string]string{"Service": s.principal}
		}
		for range s.resources {
			arn, err := next()
			if err != nil {
				return "", err
			}
			out.Resource = append(out.Resource, arn)
		}
		if s.condition != nil {
			value, err := next()
			if err != nil {
				return "", err
			}
			out.Condition = map[string]map[string]string{s.condition.operator: {s.condition.key: value}}
		}
		doc.Statement = append(doc.Statement, out)
	}
	return marshal(doc)
}

func marshal(v any) (string, error) {
	text, err := json.Marshal(v)
	return string(text), err
}

// trust is the policy of a role that an AWS service assumes.
func trust(service string) string {
	doc, err := renderPolicy([]statement{{sid: "Assume", principal: service, actions: []string{"sts:AssumeRole"}}}, nil)
	if err != nil {
		panic(err) // strings always marshal
	}
	return doc
}
