package components

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// statement is a policy statement. It allows or denies actions on resources, which are ARNs.
type statement struct {
	sid       string
	deny      bool
	principal string // in resource and trust policies: an AWS service, or *
	actions   []string
	resources []pulumi.StringInput
	list      pulumi.StringArrayInput // additional resources; nil for none
	// conditions restrict the statement. All of them must hold.
	conditions []condition
}

const everybody = "*"

// may returns a statement that allows actions on one resource.
func may(sid string, on pulumi.StringInput, actions ...string) statement {
	return statement{sid: sid, actions: actions, resources: []pulumi.StringInput{on}}
}

// condition compares a condition key of the request with a value.
type condition struct {
	operator, key string
	value         pulumi.StringInput
}

// tlsOnly returns a statement that denies everybody the actions over plain HTTP.
func tlsOnly(action string, resources ...pulumi.StringInput) statement {
	return statement{
		sid: "TLSOnly", deny: true, principal: everybody, actions: []string{action}, resources: resources,
		conditions: []condition{{"Bool", "aws:SecureTransport", pulumi.String("false")}},
	}
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

// policyOf renders a policy document once all its ARNs are known.
func policyOf(statements ...statement) pulumi.StringOutput {
	var inputs []any
	for _, s := range statements {
		for _, r := range s.resources {
			inputs = append(inputs, r)
		}
		if s.list != nil {
			inputs = append(inputs, s.list)
		}
		for _, c := range s.conditions {
			inputs = append(inputs, c.value)
		}
	}
	return pulumi.All(inputs...).ApplyT(func(values []any) (string, error) {
		return renderPolicy(statements, values)
	}).(pulumi.StringOutput)
}

// renderPolicy renders statements. values holds, for each statement in order: its resources, its list, and its conditions.
func renderPolicy(statements []statement, values []any) (string, error) {
	next := func() (string, error) {
		v, _ := values[0].(string)
		if v == "" {
			return "", fmt.Errorf("policy document: a value is missing, got %v", values[0])
		}
		values = values[1:]
		return v, nil
	}
	doc := policyJSON{Version: "2012-10-17"}
	for _, s := range statements {
		out := statementJSON{Sid: s.sid, Effect: "Allow", Action: s.actions}
		if s.deny {
			out.Effect = "Deny"
		}
		switch s.principal {
		case "":
		case everybody:
			out.Principal = everybody
		default:
			out.Principal = map[string]string{"Service": s.principal}
		}
		for range s.resources {
			arn, err := next()
			if err != nil {
				return "", err
			}
			out.Resource = append(out.Resource, arn)
		}
		if s.list != nil {
			list, _ := values[0].([]string)
			if len(list) == 0 || slices.Contains(list, "") {
				return "", fmt.Errorf("policy document: statement %s: a resource is missing, got %q", s.sid, list)
			}
			out.Resource, values = append(out.Resource, list...), values[1:]
		}
		for _, c := range s.conditions {
			value, err := next()
			if err != nil {
				return "", err
			}
			if out.Condition == nil {
				out.Condition = map[string]map[string]string{}
			}
			if out.Condition[c.operator] == nil {
				out.Condition[c.operator] = map[string]string{}
			}
			out.Condition[c.operator][c.key] = value
		}
		doc.Statement = append(doc.Statement, out)
	}
	return marshal(doc)
}

func marshal(v any) (string, error) {
	text, err := json.Marshal(v)
	return string(text), err
}

// The AWS services that assume roles. The names are the same in every partition:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
const (
	lambdaService     = "lambda.amazonaws.com"
	apiGatewayService = "apigateway.amazonaws.com"
	statesService     = "states.amazonaws.com"
)

// trust returns the trust policy of a role that an AWS service assumes, for resources of this account only:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
//
// Step Functions documents that its requests name the account and the state machine:
// https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html#prevent-cross-service-confused-deputy
// Lambda and API Gateway do not document this, so their requests are also accepted if they do not name an account.
func (b *builder) trust(service string) pulumi.StringOutput {
	is := b.identity()
	s := statement{sid: "Assume", principal: service, actions: []string{"sts:AssumeRole"}}
	if service == statesService {
		s.conditions = []condition{
			{"StringEquals", "aws:SourceAccount", is.account},
			{"ArnLike", "aws:SourceArn", pulumi.Sprintf("arn:%s:states:%s:%s:stateMachine:%s-*", is.partition, is.region, is.account, b.name)},
		}
	} else {
		s.conditions = []condition{{"StringEqualsIfExists", "aws:SourceAccount", is.account}}
	}
	return policyOf(s)
}
