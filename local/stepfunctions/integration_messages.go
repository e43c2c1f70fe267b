package stepfunctions

import (
	"context"
	"strings"

	"github.com/order-patterns/order-patterns/local/internal/strictjson"
	"github.com/order-patterns/order-patterns/local/sns"
	"github.com/order-patterns/order-patterns/local/sqs"
)

// publish is arn:aws:states:::sns:publish: https://docs.aws.amazon.com/step-functions/latest/dg/connect-sns.html
// A message that is no string is sent as JSON.
func publish(ctx context.Context, v *visit, parameters any) (any, error) {
	var in struct {
		TopicARN   string `json:"TopicArn"`
		Message    any
		Subject    *string
		Attributes map[string]sqs.MessageAttribute `json:"MessageAttributes"`
	}
	if err := strictjson.Decode(renderJSON(parameters), &in); err != nil {
		return nil, runtimef("The parameters are not those of sns:publish: %v", err)
	}
	p, err := v.assume()
	if err != nil {
		return nil, err
	}
	id, err := v.service.Topics.Publish(ctx, p, sns.Publication{
		TopicARN: in.TopicARN, Message: renderText(in.Message), Subject: in.Subject, Attributes: in.Attributes, TraceHeader: v.trace.header,
	})
	if err != nil {
		return nil, serviceFailure("SNS", "AmazonSNS", err)
	}
	return map[string]any{"MessageId": id}, nil
}

// sendMessage is arn:aws:states:::sqs:sendMessage: https://docs.aws.amazon.com/step-functions/latest/dg/connect-sqs.html
// A body that is no string is sent as JSON.
func sendMessage(ctx context.Context, v *visit, parameters any) (any, error) {
	var in struct {
		QueueURL string `json:"QueueUrl"`
		Body     any    `json:"MessageBody"`
	}
	if err := strictjson.Decode(renderJSON(parameters), &in); err != nil {
		return nil, runtimef("The parameters are not those of sqs:sendMessage: %v", err)
	}
	p, err := v.assume()
	if err != nil {
		return nil, err
	}
	id, err := v.service.Queues.Send(ctx, p, nil, sqs.QueueARN(in.QueueURL[strings.LastIndex(in.QueueURL, "/")+1:]), sqs.Message{
		Body: renderText(in.Body), TraceHeader: v.trace.header,
	})
	if err != nil {
		return nil, serviceFailure("SQS", "AmazonSQS", err)
	}
	return map[string]any{"MessageId": id}, nil
}
