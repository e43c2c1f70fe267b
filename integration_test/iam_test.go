package integration_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/xray"
	"github.com/stretchr/testify/require"
)

// probe checks all that the pattern is for, and all that an operator sees of it, with one order. It returns what does
// not work, or nil.
type probe struct {
	t *testing.T
	f *fanOutOutputs
	// patience is how long each thing may take.
	patience time.Duration
}

func (p *probe) run() error {
	account := newAccount()
	// The start of a trace is known to the second only. This puts one between this order and what was before.
	deployment.clock.Advance(2 * time.Second)
	from := deployment.clock.Now().Add(-time.Second)
	// A sampled trace of our own, so that every segment of it is recorded.
	root := fmt.Sprintf("1-%08x-%024x", deployment.clock.Now().Unix(), time.Now().UnixNano())
	sampled := []string{"X-Amzn-Trace-Id", "Root=" + root + ";Sampled=1"}

	placed, err := try(http.MethodPost, p.f.URL+"/order", latte(account, "v0", time.Now()).body(), sampled...)
	if err != nil || placed.status != http.StatusAccepted {
		return fmt.Errorf("POST /order: %v %d %s", err, placed.status, placed.body)
	}
	get := func(path string) (response, error) {
		return try(http.MethodGet, p.f.URL+path+"?accountid="+account+"&vendorid=v0", "", sampled...)
	}
	if err := p.until("the order is stored", func() (bool, error) {
		r, err := get("/order")
		return r.status == http.StatusOK, err
	}); err != nil {
		return err
	}
	if err := p.until("the invoice can be read", func() (bool, error) {
		r, err := get("/invoice")
		if err != nil || r.status != http.StatusOK {
			return false, err
		}
		var link string
		if err := json.Unmarshal([]byte(r.body), &link); err != nil {
			return false, err
		}
		doc, err := try(http.MethodGet, link, "")
		return doc.status == http.StatusOK, err
	}); err != nil {
		return err
	}
	if err := p.until("messages are deleted from their queues", func() (bool, error) {
		for _, queue := range []string{p.f.StoreQueueURL, p.f.InvoiceQueueURL} {
			if waiting, held := depth(p.t, queue); waiting+held > 0 {
				return false, nil
			}
		}
		return true, nil
	}); err != nil {
		return err
	}
	for name, fn := range p.f.Functions {
		if err := p.until(name+" writes logs", func() (bool, error) { return p.logged(fn, from) }); err != nil {
			return err
		}
		if err := p.until(name+" is traced", func() (bool, error) { return p.traced(fn, from) }); err != nil {
			return err
		}
	}
	return nil
}

func (p *probe) until(what string, done func() (bool, error)) error {
	deadline := time.Now().Add(p.patience)
	for {
		ok, err := done()
		if ok {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("within %s it was not so that %s (%v)", p.patience, what, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (p *probe) logged(fn function, from time.Time) (bool, error) {
	out, err := cloudwatchlogs.NewFromConfig(awsConfig(p.t)).FilterLogEvents(p.t.Context(), &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName: &fn.LogGroup, StartTime: aws.Int64(from.UnixMilli()),
	})
	return err == nil && len(out.Events) > 0, err
}

func (p *probe) traced(fn function, from time.Time) (bool, error) {
	out, err := xray.NewFromConfig(awsConfig(p.t)).GetTraceSummaries(p.t.Context(), &xray.GetTraceSummariesInput{
		StartTime: &from, EndTime: aws.Time(deployment.clock.Now().Add(time.Minute)),
		FilterExpression: aws.String(fmt.Sprintf("service(%q)", fn.Name)),
	})
	return err == nil && len(out.TraceSummaries) > 0, err
}

// mustWork says that nothing is broken before something is, and again after it was mended.
func (p *probe) mustWork(when string) {
	p.t.Helper()
	patient := *p
	patient.patience = 20 * time.Second
	require.NoError(p.t, patient.run(), when)
}

type policyDocument struct {
	Version   string
	Statement []map[string]any
}

// without returns the document with one action taken from one statement, and the statement with its last action.
func (d policyDocument) without(statement int, action string) string {
	copied := policyDocument{Version: d.Version}
	for i, s := range d.Statement {
		if i == statement {
			rest := slices.DeleteFunc(slices.Clone(s["Action"].([]any)), func(a any) bool { return a == action })
			if len(rest) == 0 {
				continue
			}
			changed := map[string]any{}
			for k, v := range s {
				changed[k] = v
			}
			changed["Action"] = rest
			s = changed
		}
		copied.Statement = append(copied.Statement, s)
	}
	text, err := json.Marshal(copied)
	if err != nil {
		panic(err) // it came from JSON
	}
	return string(text)
}

// takesEffect makes a function's changed role count: its processes end, because a log stream is created only once, and
// so does the long poll of its queue, which began with the old permissions.
func takesEffect(t *testing.T, name string, fn function) {
	t.Helper()
	embedded(t).Lambda.Kill(fn.Name)
	if name == "store-order" || name == "write-invoice" {
		deployment.clock.Advance(21 * time.Second)
	}
}

// clearQueues drops what failed for want of a permission.
func clearQueues(t *testing.T, f *fanOutOutputs) {
	t.Helper()
	for _, queue := range []string{f.StoreQueueURL, f.InvoiceQueueURL, f.StoreDeadLettersURL, f.InvoiceDeadLettersURL} {
		if waiting, held := depth(t, queue); waiting+held == 0 {
			continue
		}
		_, err := awssqs.NewFromConfig(awsConfig(t)).PurgeQueue(t.Context(), &awssqs.PurgeQueueInput{QueueUrl: &queue})
		require.NoError(t, err)
		deployment.clock.Advance(time.Minute) // SQS purges a queue once in 60 seconds
	}
}

// TestNoPermissionCanBeTakenAway takes every action of every statement of every function's role away, one at a time,
// and wants the pattern to break each time: what would not be missed should not be granted.
func TestNoPermissionCanBeTakenAway(t *testing.T) {
	embedded(t) // IAM on AWS takes effect within seconds or minutes; that would take hours.
	f := fanOut(t)
	roles := iam.NewFromConfig(awsConfig(t))
	p := &probe{t: t, f: f, patience: 1500 * time.Millisecond}
	p.mustWork("before anything is taken away")

	for name, fn := range f.Functions {
		list, err := roles.ListRolePolicies(t.Context(), &iam.ListRolePoliciesInput{RoleName: aws.String(fn.RoleName)})
		require.NoError(t, err)
		require.Len(t, list.PolicyNames, 1)
		attached, err := roles.ListAttachedRolePolicies(t.Context(), &iam.ListAttachedRolePoliciesInput{RoleName: aws.String(fn.RoleName)})
		require.NoError(t, err)
		require.Empty(t, attached.AttachedPolicies, "all that the role allows is in its own policy")
		got, err := roles.GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{RoleName: aws.String(fn.RoleName), PolicyName: &list.PolicyNames[0]})
		require.NoError(t, err)
		original, err := url.PathUnescape(*got.PolicyDocument)
		require.NoError(t, err)
		var doc policyDocument
		require.NoError(t, json.Unmarshal([]byte(original), &doc))

		put := func(text string) {
			_, err := roles.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{
				RoleName: aws.String(fn.RoleName), PolicyName: &list.PolicyNames[0], PolicyDocument: &text,
			})
			require.NoError(t, err)
			takesEffect(t, name, fn)
		}
		for i, s := range doc.Statement {
			for _, action := range s["Action"].([]any) {
				t.Run(name+" "+action.(string), func(t *testing.T) {
					put(doc.without(i, action.(string)))
					err := p.run()
					put(original)
					clearQueues(t, f)
					require.Error(t, err, "the pattern works without it")
					t.Log("breaks, as it should:", err)
				})
			}
		}
	}
	p.mustWork("after everything was given back")
}

func TestNoQueuePolicyCanBeTakenAway(t *testing.T) {
	embedded(t)
	f := fanOut(t)
	queues := awssqs.NewFromConfig(awsConfig(t))
	p := &probe{t: t, f: f, patience: 1500 * time.Millisecond}
	p.mustWork("before anything is taken away")
	for name, queue := range map[string]string{"store": f.StoreQueueURL, "invoice": f.InvoiceQueueURL} {
		t.Run(name, func(t *testing.T) {
			out, err := queues.GetQueueAttributes(t.Context(), &awssqs.GetQueueAttributesInput{
				QueueUrl: &queue, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNamePolicy},
			})
			require.NoError(t, err)
			set := func(policy string) {
				_, err := queues.SetQueueAttributes(t.Context(), &awssqs.SetQueueAttributesInput{
					QueueUrl: &queue, Attributes: map[string]string{"Policy": policy},
				})
				require.NoError(t, err)
			}
			set("")
			err = p.run()
			set(out.Attributes["Policy"])
			clearQueues(t, f)
			require.Error(t, err, "the pattern works without it")
		})
	}
	p.mustWork("after everything was given back")
}

func TestNoLambdaPermissionCanBeTakenAway(t *testing.T) {
	embedded(t)
	f := fanOut(t)
	functions := lambda.NewFromConfig(awsConfig(t))
	p := &probe{t: t, f: f, patience: 1500 * time.Millisecond}
	p.mustWork("before anything is taken away")
	permissions := 0
	for name, fn := range f.Functions {
		got, err := functions.GetPolicy(t.Context(), &lambda.GetPolicyInput{FunctionName: aws.String(fn.Name)})
		if err != nil {
			require.ErrorContains(t, err, "ResourceNotFoundException", name)
			continue // a function that only its own mapping invokes
		}
		var doc policyDocument
		require.NoError(t, json.Unmarshal([]byte(*got.Policy), &doc))
		for _, s := range doc.Statement {
			permissions++
			sid := s["Sid"].(string)
			t.Run(name+" "+sid, func(t *testing.T) {
				_, err := functions.RemovePermission(t.Context(), &lambda.RemovePermissionInput{FunctionName: aws.String(fn.Name), StatementId: &sid})
				require.NoError(t, err)
				broken := p.run()
				condition := s["Condition"].(map[string]any)
				var sourceARN string
				for _, keys := range condition {
					for key, value := range keys.(map[string]any) {
						if strings.EqualFold(key, "aws:SourceArn") {
							sourceARN = value.(string)
						}
					}
				}
				_, err = functions.AddPermission(t.Context(), &lambda.AddPermissionInput{
					FunctionName: aws.String(fn.Name), StatementId: &sid, Action: aws.String("lambda:InvokeFunction"),
					Principal: aws.String("apigateway.amazonaws.com"), SourceArn: &sourceARN,
				})
				require.NoError(t, err)
				clearQueues(t, f)
				require.Error(t, broken, "the pattern works without it")
			})
		}
	}
	require.Equal(t, 3, permissions, "one for each route")
	p.mustWork("after everything was given back")
}
