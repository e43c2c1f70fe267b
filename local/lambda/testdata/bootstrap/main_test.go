// The function that the tests deploy: it does what its event asks for.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
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
	// Records make it an event of a queue or a stream. The body of each message is one of ok, fail, and crash. For what
	// the data of a stream's records ask for, see stream.
	Records []struct {
		MessageID string `json:"messageId"`
		Body      string `json:"body"`
		EventID   string `json:"eventID"`
		Kinesis   *struct {
			SequenceNumber string `json:"sequenceNumber"`
			Data           []byte `json:"data"`
		} `json:"kinesis"`
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
	if len(ev.Records) > 0 && ev.Records[0].Kinesis != nil {
		return stream(ev)
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
			"left": time.Until(deadline).Milliseconds(), "n": invocations,
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
	case "trace": // send segments to the X-Ray daemon; then exit if MS is not 0
		if err := send(strings.Split(ev.Text, "\f")); err != nil {
			return nil, err
		}
		if ev.MS != 0 {
			os.Exit(7)
		}
		return os.Getenv("AWS_XRAY_DAEMON_ADDRESS"), nil
	case "child": // leave a process behind and return its id
		cmd := exec.Command("/bin/sleep", "300")
		if err := cmd.Start(); err != nil {
			return nil, err
		}
		return cmd.Process.Pid, nil
	}
	return raw, nil
}

func send(datagrams []string) error {
	conn, err := net.Dial("udp", os.Getenv("AWS_XRAY_DAEMON_ADDRESS"))
	if err != nil {
		return err
	}
	defer conn.Close()
	for _, d := range datagrams {
		if _, err := conn.Write([]byte(d)); err != nil {
			return err
		}
	}
	return nil
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

// seen is a line of the file that the variable SEEN names: an invocation with records of a stream has begun, or ended.
type seen struct {
	Begun bool
	ID    string // of the invocation, unique in the file
	Shard string
	Data  []string
}

func (s seen) write() error {
	line, err := json.Marshal(s)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(os.Getenv("SEEN"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	return errors.Join(err, f.Close())
}

// stream does what the data of records ask for, which may go on after a colon:
// wait for a while; hang, crash, exit; gate: crash until there is the file SEEN.open; fail: report the record as failed;
// unknown: report another that is not in the batch; anything else: nothing.
func stream(ev event) (any, error) {
	shard, _, _ := strings.Cut(ev.Records[0].EventID, ":")
	note := seen{Begun: true, ID: fmt.Sprintf("%d-%d", os.Getpid(), invocations), Shard: shard}
	for _, r := range ev.Records {
		note.Data = append(note.Data, string(r.Kinesis.Data))
	}
	if err := note.write(); err != nil {
		return nil, err
	}
	failures := []map[string]string{}
	for _, r := range ev.Records {
		what, _, _ := strings.Cut(string(r.Kinesis.Data), ":")
		switch what {
		case "wait":
			time.Sleep(300 * time.Millisecond)
		case "hang":
			time.Sleep(time.Minute)
		case "crash":
			return nil, errors.New("the batch fails")
		case "exit":
			os.Exit(3)
		case "gate":
			if _, err := os.Stat(os.Getenv("SEEN") + ".open"); err != nil {
				return nil, err
			}
		case "fail":
			failures = append(failures, map[string]string{"itemIdentifier": r.Kinesis.SequenceNumber})
		case "unknown":
			failures = append(failures, map[string]string{"itemIdentifier": r.Kinesis.SequenceNumber + "0"})
		}
	}
	note.Begun = false
	return map[string]any{"batchItemFailures": failures}, note.write()
}

// TestMain makes the test binary of this package the function.
func TestMain(*testing.M) {
	switch how := os.Getenv("INIT"); {
	case how == "exit":
		os.Exit(3)
	case strings.HasPrefix(how, "sleep"):
		d, _ := time.ParseDuration(strings.TrimPrefix(how, "sleep"))
		time.Sleep(d)
	}
	lambda.Start(handle)
}
