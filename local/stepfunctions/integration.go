package stepfunctions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/lambda"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/sns"
	"github.com/order-patterns/order-patterns/local/sqs"
	"github.com/order-patterns/order-patterns/local/wire"
)

func checkInvoke(n *node, t objectTemplate) {
	n.parameters(t, []string{"FunctionName"}, []string{"Payload", "InvocationType"})
	for _, name := range t.names() {
		if v, ok := t.constant(name); name == "InvocationType" && (!ok || v != "RequestResponse") {
			n.failf(n.where("Parameters")+"/InvocationType", "The embedded cloud only implements the invocation type RequestResponse")
		}
	}
}

// invoke is arn:aws:states:::lambda:invoke: https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html
func invoke(ctx context.Context, v *visit, parameters any) (any, error) {
	p := parameters.(map[string]any)
	name, ok := p["FunctionName"].(string)
	if !ok {
		return nil, runtimef("The value for the field 'FunctionName' must be a STRING")
	}
	var payload []byte
	if v, ok := p["Payload"]; ok {
		payload = []byte(render(v))
	}
	answer, result, err := v.callFunction(ctx, name, payload)
	if err != nil {
		return nil, err
	}
	metadata := sdkMetadata(answer.RequestID, "application/json", len(answer.Payload))
	metadata["X-Amz-Executed-Version"] = answer.ExecutedVersion
	return withMetadata(map[string]any{
		"ExecutedVersion": answer.ExecutedVersion, "Payload": result, "StatusCode": number(http.StatusOK),
	}, metadata), nil
}

// invokeFunction is a function's ARN as resource, which gets the input as it is.
func invokeFunction(ctx context.Context, v *visit, parameters any) (any, error) {
	_, result, err := v.callFunction(ctx, v.state.work.(task).function, []byte(render(parameters)))
	return result, err
}

// callFunction invokes a function with the machine's role. An error of the function has its own name.
func (v *visit) callFunction(ctx context.Context, name string, payload []byte) (lambda.Result, any, error) {
	p, err := v.assume()
	if err != nil {
		return lambda.Result{}, nil, err
	}
	answer, err := v.service.Functions.Invoke(ctx, lambda.Invocation{
		Principal: p, Function: name, Payload: payload, TraceHeader: v.trace.header,
	})
	if err != nil {
		return answer, nil, lambdaErrors.failure(err)
	}
	text := string(answer.Payload)
	if answer.FunctionError != "" {
		var report struct {
			ErrorType string `json:"errorType"`
		}
		if json.Unmarshal(answer.Payload, &report) != nil || report.ErrorType == "" {
			return answer, nil, &failure{Name: "Lambda.Unknown", Cause: "The cause could not be determined because Lambda did not return an error type. Returned payload: " + text}
		}
		return answer, nil, &failure{Name: report.ErrorType, Cause: text}
	}
	result, err := parseData(text)
	if err != nil {
		result = text
	}
	return answer, result, nil
}

func checkPublish(n *node, t objectTemplate) {
	n.parameters(t, []string{"TopicArn", "Message"}, []string{"Subject", "MessageAttributes"})
}

// publish is arn:aws:states:::sns:publish: https://docs.aws.amazon.com/step-functions/latest/dg/connect-sns.html
// A message that is no string is sent as JSON.
func publish(ctx context.Context, v *visit, parameters any) (any, error) {
	var in struct {
		TopicARN   string `json:"TopicArn"`
		Message    any
		Subject    *string
		Attributes map[string]sqs.MessageAttribute `json:"MessageAttributes"`
	}
	d := json.NewDecoder(strings.NewReader(render(parameters)))
	d.UseNumber()
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return nil, runtimef("The parameters are not those of sns:publish: %v", err)
	}
	p, err := v.assume()
	if err != nil {
		return nil, err
	}
	id, err := v.service.Topics.Publish(ctx, p, sns.Publication{
		TopicARN: in.TopicARN, Message: asText(in.Message), Subject: in.Subject, Attributes: in.Attributes, TraceHeader: v.trace.header,
	})
	if err != nil {
		return nil, snsErrors.failure(err)
	}
	return withMetadata(map[string]any{"MessageId": id}, sdkMetadata(uuid.NewString(), "text/xml", publishAnswer)), nil
}

// publishAnswer is the length of the answer of SNS, which has always the same form.
const publishAnswer = 294

func sdkMetadata(requestID, contentType string, length int) map[string]any {
	return map[string]any{"Content-Length": strconv.Itoa(length), "Content-Type": contentType, "x-amzn-RequestId": requestID}
}

// withMetadata adds what the SDK in Step Functions tells of the HTTP answer.
func withMetadata(result map[string]any, headers map[string]any) map[string]any {
	all := make(map[string]any, len(headers))
	for name, value := range headers {
		all[name] = []any{value}
	}
	result["SdkHttpMetadata"] = map[string]any{"AllHttpHeaders": all, "HttpHeaders": headers, "HttpStatusCode": number(http.StatusOK)}
	result["SdkResponseMetadata"] = map[string]any{"RequestId": headers["x-amzn-RequestId"]}
	return result
}

// serviceErrors tell how errors of a service are named and worded.
type serviceErrors struct {
	prefix, client   string // "SNS", "AmazonSNS"
	denied, internal string // codes
	renamed          map[string]string
}

var (
	lambdaErrors = serviceErrors{
		prefix: "Lambda", client: "AWSLambda", denied: "AccessDeniedException", internal: "ServiceException",
		// The SDK has no exception for this code, and falls back to that of all of Lambda.
		renamed: map[string]string{"AccessDeniedException": "AWSLambdaException"},
	}
	snsErrors = serviceErrors{prefix: "SNS", client: "AmazonSNS", denied: "AuthorizationError", internal: "InternalError"}
)

// failure is an error of a service as a task reports it.
func (s *serviceErrors) failure(err error) *failure {
	status, code, message := http.StatusInternalServerError, s.internal, err.Error()
	var answer *wire.Error
	var denied *policy.DeniedError
	switch {
	case errors.As(err, &answer):
		status, code, message = answer.Status, answer.Code, answer.Message
	case errors.As(err, &denied):
		status, code = http.StatusForbidden, s.denied
	}
	name := strings.TrimSuffix(code, "Exception") + "Exception"
	if other, ok := s.renamed[name]; ok {
		name = other
	}
	return &failure{Name: s.prefix + "." + name, Cause: fmt.Sprintf(
		"%s (Service: %s; Status Code: %d; Error Code: %s; Request ID: %s; Proxy: null)", message, s.client, status, code, uuid.NewString())}
}
