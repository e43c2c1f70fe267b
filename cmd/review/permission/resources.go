package permission

import (
	"fmt"
	"slices"
	"strings"

	"github.com/order-patterns/order-patterns/cmd/review/change"
)

// Of returns the entries of all policies of a deployment, and an error for each policy that cannot be read.
func Of(resources []change.Resource) (entries []Entry, errs []error) {
	for _, r := range resources {
		list, err := of(r, resources)
		if err != nil {
			errs = append(errs, err)
		}
		entries = append(entries, list...)
	}
	return entries, errs
}

// of returns the entries of the policies that one resource has, or is.
func of(r change.Resource, all []change.Resource) ([]Entry, error) {
	text := func(key string) string {
		s, _ := r.Inputs[key].(string)
		return s
	}
	self := Holder{Kind: r.Kind, Name: r.Name}
	role := Holder{Kind: "role", Name: last(text("role"))}
	switch r.Type {
	case "aws:iam/role:Role":
		return ofRole(self, r.Inputs)
	case "aws:iam/rolePolicy:RolePolicy":
		return Parse(role, Identity, text("policy"))
	case "aws:iam/rolePolicyAttachment:RolePolicyAttachment":
		return []Entry{Attached(role, text("policyArn"))}, nil
	case "aws:lambda/permission:Permission":
		function := last(text("function"))
		arn := function
		for _, o := range all {
			if o.Type == "aws:lambda/function:Function" && o.Inputs["name"] == function {
				arn = o.ARN
			}
		}
		return []Entry{Invoke(Holder{Kind: "function", Name: function}, arn, text("action"), text("principal"), text("sourceArn"), text("sourceAccount"))}, nil
	case "aws:sqs/queuePolicy:QueuePolicy":
		self = Holder{Kind: "queue", Name: last(text("queueUrl"))}
	case "aws:sns/topicPolicy:TopicPolicy":
		self = Holder{Kind: "topic", Name: last(text("arn"))}
	case "aws:s3/bucketPolicy:BucketPolicy":
		self = Holder{Kind: "bucket", Name: text("bucket")}
	}
	for _, key := range []string{"policy", "policyDocument"} {
		if strings.Contains(text(key), `"Statement"`) {
			return Parse(self, Resource, text(key))
		}
	}
	return nil, nil
}

// ofRole returns the entries of what a role itself holds: who may assume it, and policies that are part of it.
func ofRole(role Holder, inputs map[string]any) ([]Entry, error) {
	trust, _ := inputs["assumeRolePolicy"].(string)
	entries, err := Parse(role, Trust, trust)
	if err != nil {
		return nil, err
	}
	inline, _ := inputs["inlinePolicies"].([]any)
	for _, p := range inline {
		m, _ := p.(map[string]any)
		text, _ := m["policy"].(string)
		list, err := Parse(role, Identity, text)
		if err != nil {
			return nil, err
		}
		entries = append(entries, list...)
	}
	managed, _ := inputs["managedPolicyArns"].([]any)
	for _, arn := range managed {
		entries = append(entries, Attached(role, fmt.Sprint(arn)))
	}
	return entries, nil
}

// last is the last part of an ARN, a URL or a name.
func last(s string) string { return s[strings.LastIndexAny(s, ":/")+1:] }

// NamesOf returns how the holders and the resources of two deployments are called.
func NamesOf(before, after []change.Resource) Names {
	return Names{
		Resource: func(arn string) string { return resourceName(arn, after, before) },
		Added:    func(h Holder) bool { return !exists(h, before) },
		Removed:  func(h Holder) bool { return !exists(h, after) },
	}
}

func exists(h Holder, resources []change.Resource) bool {
	return slices.ContainsFunc(resources, func(r change.Resource) bool { return r.Kind == h.Kind && r.Name == h.Name })
}

// apis is the beginning of the ARNs of what API Gateway serves: arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/PATH.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html
const apis = ":execute-api:"

// resourceName names an ARN by the resource of a deployment to which it belongs: table `orders`, or bucket `invoices`, `/2026/*`.
func resourceName(arn string, deployments ...[]change.Resource) string {
	if _, rest, found := strings.Cut(arn, apis); found && strings.Count(rest, ":") == 2 {
		api, path, _ := strings.Cut(last(strings.ReplaceAll(rest, "/", "\x00")), "\x00")
		return "API `" + api + "` (`/" + strings.ReplaceAll(path, "\x00", "/") + "`)"
	}
	var best change.Resource
	for _, resources := range deployments {
		for _, r := range resources {
			rest, found := strings.CutPrefix(arn, r.ARN)
			if found && len(r.ARN) > len(best.ARN) && (rest == "" || strings.ContainsAny(rest[:1], ":/")) {
				best = r
			}
		}
	}
	if best.ARN == "" {
		return "`" + arn + "`"
	}
	name := best.Kind + " `" + best.Name + "`"
	if rest := arn[len(best.ARN):]; rest != "" && rest != ":*" { // a log group's ARN with :* is that of its streams
		name += " (`" + rest + "`)"
	}
	return name
}
