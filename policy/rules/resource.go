package rules

import (
	"slices"
	"strings"
)

// Unknown stands for a value that is known only after an update, and for a secret that cannot be read.
type Unknown struct{}

// Resource is a resource of a stack.
type Resource struct {
	// URN identifies the resource in the stack.
	URN string
	// Type is the type token, such as aws:sqs/queue:Queue.
	Type string
	// Name is the last part of the URN.
	Name string
	// Properties are the inputs, and the outputs as far as they are known. Values are nil, bool, float64, string, []any,
	// map[string]any or [Unknown].
	Properties map[string]any
	// DependsOn has, for each property, the URNs of the resources from which its value was computed.
	DependsOn map[string][]string
}

// at returns the value at a path of property names. Everything below an unknown value is unknown. The AWS provider represents some nested
// objects as a list of one element, which is skipped.
func (r *Resource) at(path ...string) any { return descend(r.Properties, path...) }

func descend(value any, path ...string) any {
	for _, name := range path {
		if list, ok := value.([]any); ok && len(list) == 1 {
			value = list[0]
		}
		switch v := value.(type) {
		case Unknown:
			return v
		case map[string]any:
			value = v[name]
		default:
			return nil
		}
	}
	return value
}

// text returns a string property. It is empty if the property is not set, unknown, or not a string.
func (r *Resource) text(path ...string) string {
	s, _ := r.at(path...).(string)
	return s
}

// number returns a property, or the default if it is not set, and whether it is known.
func (r *Resource) number(byDefault float64, path ...string) (float64, bool) {
	switch v := r.at(path...).(type) {
	case nil:
		return byDefault, true
	case float64:
		return v, true
	}
	return 0, false
}

// has reports whether a property is set. An unknown one is.
func (r *Resource) has(path ...string) bool { return set(r.at(path...)) }

func set(value any) bool {
	switch v := value.(type) {
	case nil:
		return false
	case string:
		return v != ""
	case bool:
		return v
	case []any:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	}
	return true
}

// Stack is the input of rules: all resources of a stack.
type Stack struct{ resources []*Resource }

// of returns the resources of these types.
func (s *Stack) of(types ...string) []*Resource {
	var found []*Resource
	for _, r := range s.resources {
		if slices.Contains(types, r.Type) {
			found = append(found, r)
		}
	}
	return found
}

// referrers returns the resources of a type whose property refers to the resource.
func (s *Stack) referrers(typ, property string, to *Resource) []*Resource {
	var found []*Resource
	for _, r := range s.of(typ) {
		if refers(r, property, to) {
			found = append(found, r)
		}
	}
	return found
}

// refers reports whether a property refers to another resource: it was computed from an output of it, or has its ARN, URL, id or name.
func refers(r *Resource, property string, to *Resource) bool {
	if slices.Contains(r.DependsOn[property], to.URN) {
		return true
	}
	arn := to.text("arn")
	for _, text := range texts(r.at(property)) {
		if arn != "" && strings.Contains(text, arn) {
			return true
		}
		for _, identity := range []string{"url", "id", "name", "bucket"} {
			if text == to.text(identity) && text != "" {
				return true
			}
		}
	}
	return false
}

// texts returns all strings in a value.
func texts(value any) []string {
	switch v := value.(type) {
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, element := range v {
			all = append(all, texts(element)...)
		}
		return all
	case map[string]any:
		var all []string
		for _, element := range v {
			all = append(all, texts(element)...)
		}
		return all
	}
	return nil
}

// Types of resources in the AWS provider.
const (
	queueType        = "aws:sqs/queue:Queue"
	redriveType      = "aws:sqs/redrivePolicy:RedrivePolicy"
	queuePolicyType  = "aws:sqs/queuePolicy:QueuePolicy"
	topicType        = "aws:sns/topic:Topic"
	topicPolicyType  = "aws:sns/topicPolicy:TopicPolicy"
	subscriptionType = "aws:sns/topicSubscription:TopicSubscription"
	tableType        = "aws:dynamodb/table:Table"
	streamType       = "aws:kinesis/stream:Stream"
	keyType          = "aws:kms/key:Key"
	logGroupType     = "aws:cloudwatch/logGroup:LogGroup"
	alarmType        = "aws:cloudwatch/metricAlarm:MetricAlarm"
	functionType     = "aws:lambda/function:Function"
	mappingType      = "aws:lambda/eventSourceMapping:EventSourceMapping"
	invokeConfigType = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
	permissionType   = "aws:lambda/permission:Permission"
	functionURLType  = "aws:lambda/functionUrl:FunctionUrl"
	machineType      = "aws:sfn/stateMachine:StateMachine"
	apiType          = "aws:apigateway/restApi:RestApi"
	methodType       = "aws:apigateway/method:Method"
	roleType         = "aws:iam/role:Role"
	rolePolicyType   = "aws:iam/rolePolicy:RolePolicy"
	attachmentType   = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
	tracePolicyType  = "aws:xray/resourcePolicy:ResourcePolicy"
)

// The provider has two types for a bucket and for some of its settings. The type with V2 is the older one.
var (
	bucketTypes           = []string{"aws:s3/bucketV2:BucketV2", "aws:s3/bucket:Bucket"}
	bucketEncryptionTypes = []string{
		"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
		"aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
	}
	bucketACLTypes   = []string{"aws:s3/bucketAclV2:BucketAclV2", "aws:s3/bucketAcl:BucketAcl"}
	accessBlockType  = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
	bucketPolicyType = "aws:s3/bucketPolicy:BucketPolicy"
)
