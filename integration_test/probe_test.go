package integration_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/xray"
)

// probe watches a pattern at work.
type probe struct {
	t *testing.T
	// patience is how long each thing may take.
	patience time.Duration
	// step is how far the clock jumps ahead now and then while the probe waits, for what happens once in a while.
	step time.Duration
	// again, if not nil, gives the pattern something more to do after a step: of invocations that no caller has had
	// traced, X-Ray takes one each second.
	again func()
}

// begin returns the time from which on the work of a probe counts, and headers that have its trace recorded.
func (p *probe) begin() (from time.Time, sampled []string) {
	// The start of a trace is known to the second only. This puts one between this order and what was before.
	deployment.clock.Advance(2 * time.Second)
	now := deployment.clock.Now()
	root := fmt.Sprintf("1-%08x-%024x", now.Unix(), time.Now().UnixNano())
	return now.Add(-time.Second), []string{"X-Amzn-Trace-Id", "Root=" + root + ";Sampled=1"}
}

// placed checks, for a coffee pattern, that an order is accepted, stored and invoiced. It returns what is not so.
func (p *probe) placed(url string, sampled []string) error {
	account := newAccount()
	placed, err := try(http.MethodPost, url+"/order", latte(account, "v0", time.Now()).body(), sampled...)
	if err != nil || placed.status != http.StatusAccepted {
		return fmt.Errorf("POST /order: %v %d %s", err, placed.status, placed.body)
	}
	get := func(path string) (response, error) {
		return try(http.MethodGet, url+path+"?accountid="+account+"&vendorid=v0", "", sampled...)
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
	return nil
}

// observed checks that all functions leave logs and traces.
func (p *probe) observed(functions map[string]function, from time.Time) error {
	for name, fn := range functions {
		if err := p.until(name+" writes logs", func() (bool, error) { return p.logged(fn.LogGroup, from) }); err != nil {
			return err
		}
		if err := p.until(name+" is traced", func() (bool, error) { return p.traced(fn.Name, from) }); err != nil {
			return err
		}
	}
	return nil
}

func (p *probe) until(what string, done func() (bool, error)) error {
	deadline := time.Now().Add(p.patience)
	for look := 1; ; look++ {
		ok, err := done()
		if ok {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("within %s it was not so that %s (%v)", p.patience, what, err)
		}
		time.Sleep(20 * time.Millisecond)
		if p.step > 0 && look%5 == 0 {
			deployment.clock.Advance(p.step)
			if p.again != nil {
				p.again()
			}
		}
	}
}

func (p *probe) logged(logGroup string, from time.Time) (bool, error) {
	out, err := cloudwatchlogs.NewFromConfig(awsConfig(p.t)).FilterLogEvents(p.t.Context(), &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName: &logGroup, StartTime: aws.Int64(from.UnixMilli()),
	})
	return err == nil && len(out.Events) > 0, err
}

func (p *probe) traced(service string, from time.Time) (bool, error) {
	out, err := xray.NewFromConfig(awsConfig(p.t)).GetTraceSummaries(p.t.Context(), &xray.GetTraceSummariesInput{
		StartTime: &from, EndTime: aws.Time(deployment.clock.Now().Add(time.Minute)),
		FilterExpression: aws.String(fmt.Sprintf("service(%q)", service)),
	})
	return err == nil && len(out.TraceSummaries) > 0, err
}
