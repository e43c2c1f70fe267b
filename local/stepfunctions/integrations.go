package stepfunctions

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/order-patterns/order-patterns/local/lambda"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/sns"
	"github.com/order-patterns/order-patterns/local/sqs"
)

// invoke is arn:aws:states:::lambda:invoke: https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html
// An error of the function has the name that the function reports.
func invoke(ctx context.Context, v *visit, p policy.Principal, function string, parameters map[string]any) (any, error) {
	var payload []byte
	if value, ok := parameters["Payload"]; ok {
		payload = []byte(renderJSON(value))
	}
	answer, err := v.service.Functions.Invoke(ctx, lambda.Invocation{
		Principal: p, Function: function, Payload: payload, TraceHeader: v.trace.header,
	})
	if err != nil {
		return nil, serviceFailure("Lambda", "AWSLambda", err)
	}
	text := string(answer.Payload)
	if answer.FunctionError != "" {
		var report struct {
			ErrorType string `json:"errorType"`
		}
		if json.Unmarshal(answer.Payload, &report) != nil || report.ErrorType == "" {
			return nil, &failure{Name: "Lambda.Unknown", Cause: "The cause could not be determined because Lambda did not return an error type. Returned payload: " + text}
		}
		return nil, &failure{Name: report.ErrorType, Cause: text}
	}
	result, err := parseJSON(text)
	if err != nil {
		result = text
	}
	return map[string]any{"ExecutedVersion": answer.ExecutedVersion, "Payload": result, "StatusCode": number(http.StatusOK)}, nil
}

// publish is arn:aws:states:::sns:publish: https://docs.aws.amazon.com/step-functions/latest/dg/connect-sns.html
// A message that is no string is sent as JSON.
func publish(ctx context.Context, v *visit, p policy.Principal, topic string, parameters map[string]any) (any, error) {
	id, err := v.service.Topics.Publish(ctx, p, sns.Publication{
		TopicARN: topic, Message: renderText(parameters["Message"]), TraceHeader: v.trace.header,
	})
	if err != nil {
		return nil, serviceFailure("SNS", "AmazonSNS", err)
	}
	return map[string]any{"MessageId": id}, nil
}

// sendMessage is arn:aws:states:::sqs:sendMessage: https://docs.aws.amazon.com/step-functions/latest/dg/connect-sqs.html
// A body that is no string is sent as JSON.
func sendMessage(ctx context.Context, v *visit, p policy.Principal, queueURL string, parameters map[string]any) (any, error) {
	id, err := v.service.Queues.Send(ctx, p, nil, sqs.QueueARN(queueURL[strings.LastIndex(queueURL, "/")+1:]), sqs.Message{
		Body: renderText(parameters["MessageBody"]), TraceHeader: v.trace.header,
	})
	if err != nil {
		return nil, serviceFailure("SQS", "AmazonSQS", err)
	}
	return map[string]any{"MessageId": id}, nil
}
