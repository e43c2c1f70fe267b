// The function that the tests deploy: it does what its event asks for.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/config"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
)

type event struct {
	Do   string // what to do
	Text string // with what
	MS   int    // for how long
	// Records make it an event of a queue: the body of each message is one of ok, fail, and crash.
	Records []struct {
		MessageID string `json:"messageId"`
		Body      string `json:"body"`
	}
}

var invocations int

type customError struct{}

func (*customError) Error() string { return "no luck" }

func handle(ctx context.Context, raw json.RawMessage) (any, error) {
	invocations++
	var ev event
	if err := json.Unmarshal(raw, &ev); err != nil {
		return nil, err
	}
	if len(ev.Records) > 0 {
		return batch(raw, ev)
	}
	lc, _ := lambdacontext.FromContext(ctx)
	switch ev.Do {
	case "print":
		fmt.Println(ev.Text)
		return nil, nil
	case "sleep":
		time.Sleep(time.Duration(ev.MS) * time.Millisecond)
		return os.Getpid(), nil
	case "error":
		return nil, &customError{}
	case "panic":
		panic(ev.Text)
	case "exit":
		fmt.Fprint(os.Stderr, "last words")
		os.Exit(7)
	case "big":
		return strings.Repeat("x", 7<<20), nil
	case "env":
		return os.Environ(), nil
	case "context":
		deadline, _ := ctx.Deadline()
		return map[string]any{
			"arn": lc.InvokedFunctionArn, "id": lc.AwsRequestID, "trace": os.Getenv("_X_AMZN_TRACE_ID"),
			"left": time.Until(deadline).Milliseconds(), "client": lc.ClientContext.Client.AppTitle, "n": invocations,
		}, nil
	case "call": // another function, through the SDK as any handler would
		cfg, err := config.LoadDefaultConfig(ctx)
		if err != nil {
			return nil, err
		}
		out, err := sdk.NewFromConfig(cfg).Invoke(ctx, &sdk.InvokeInput{FunctionName: &ev.Text, Payload: []byte(`"called"`)})
		if err != nil {
			return nil, err
		}
		return json.RawMessage(out.Payload), nil
	case "child": // leave a process behind and tell its id
		cmd := exec.Command("/bin/sleep", "300")
		if err := cmd.Start(); err != nil {
			return nil, err
		}
		return cmd.Process.Pid, nil
	}
	return raw, nil
}

func batch(raw json.RawMessage, ev event) (any, error) {
	type item struct {
		ItemIdentifier string `json:"itemIdentifier"`
	}
	answer := struct {
		Failures []item `json:"batchItemFailures"`
	}{[]item{}}
	for _, r := range ev.Records {
		switch r.Body {
		case "crash":
			return nil, errors.New("the batch fails")
		case "fail":
			answer.Failures = append(answer.Failures, item{r.MessageID})
		}
	}
	fmt.Printf("batch %s\n", raw)
	return answer, nil
}

func main() {
	switch how := os.Getenv("INIT"); {
	case how == "exit":
		os.Exit(3)
	case strings.HasPrefix(how, "sleep"):
		d, _ := time.ParseDuration(strings.TrimPrefix(how, "sleep"))
		time.Sleep(d)
	}
	lambda.Start(handle)
}
