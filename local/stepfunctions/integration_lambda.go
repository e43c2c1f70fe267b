package stepfunctions

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/order-patterns/order-patterns/local/lambda"
)

// invoke is arn:aws:states:::lambda:invoke: https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html
func invoke(ctx context.Context, v *visit, parameters any) (any, error) {
	p := parameters.(map[string]any)
	name, ok := p["FunctionName"].(string)
	if !ok {
		return nil, runtimef("The value for the field 'FunctionName' must be a string")
	}
	var payload []byte
	if v, ok := p["Payload"]; ok {
		payload = []byte(renderJSON(v))
	}
	answer, result, err := v.callFunction(ctx, name, payload)
	if err != nil {
		return nil, err
	}
	return map[string]any{"ExecutedVersion": answer.ExecutedVersion, "Payload": result, "StatusCode": number(http.StatusOK)}, nil
}

// callFunction invokes a function with the machine's role. An error of the function has the name that the function
// reports.
func (v *visit) callFunction(ctx context.Context, name string, payload []byte) (lambda.Result, any, error) {
	p, err := v.assume()
	if err != nil {
		return lambda.Result{}, nil, err
	}
	answer, err := v.service.Functions.Invoke(ctx, lambda.Invocation{
		Principal: p, Function: name, Payload: payload, TraceHeader: v.trace.header,
	})
	if err != nil {
		return answer, nil, serviceFailure("Lambda", "AWSLambda", err)
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
	result, err := parseJSON(text)
	if err != nil {
		result = text
	}
	return answer, result, nil
}
