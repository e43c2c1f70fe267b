package integration_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
)

func orchestratorPermissions(t *testing.T) *permissions {
	o := orchestrator(t)
	machineName := o.StateMachineARN[strings.LastIndex(o.StateMachineARN, ":")+1:]
	return &permissions{
		patience:  500 * time.Millisecond,
		functions: o.Functions,
		services:  map[string]string{"state machine": o.MachineRoleName, "API": o.APIRoleNames[0]},
		elsewhere: []string{"DeliverLogs"},
		serves: func(p *probe, from time.Time, sampled []string) error {
			p.step = time.Second // log events are delivered once in a second
			if err := p.placed(o.URL, sampled); err != nil {
				return err
			}
			if err := p.ends(o, newAccount(), types.ExecutionStatusSucceeded, sampled, `"messageid"`); err != nil {
				return err
			}
			// One order whose invoice is refused, so that it is taken back and the failure is logged.
			account := newAccount()
			remove := embedded(p.t).Account.Faults.Add(fault.Rule{Action: "s3:PutObject", Resource: invoiceOf(o, account), Do: always(refused)})
			defer remove()
			if err := p.ends(o, account, types.ExecutionStatusFailed, sampled, "InvoiceRefused"); err != nil {
				return err
			}
			if err := p.until("the machine logs the failure", func() (bool, error) { return p.logged(o.ExecutionLogs, from) }); err != nil {
				return err
			}
			return p.until("the machine is traced", func() (bool, error) { return p.traced(machineName, from) })
		},
		changed: func(t *testing.T, name string) {
			embedded(t).Lambda.Kill(o.Functions[name].Name) // a log stream is created only once in a process
		},
		clean: func(*testing.T) {},
	}
}

// ends checks that an order's execution ends as told, with a text in its output or error.
func (p *probe) ends(o *orchestratorOutputs, account string, status types.ExecutionStatus, header []string, text string) error {
	r, err := try(http.MethodPost, o.URL+"/order", latte(account, "v0", time.Now()).body(), header...)
	if err != nil || r.status != http.StatusAccepted {
		return fmt.Errorf("POST /order: %v %d %s", err, r.status, r.body)
	}
	var accepted struct{ ExecutionArn string }
	decode(p.t, r.body, &accepted)
	machines := sfn.NewFromConfig(awsConfig(p.t))
	return p.until(fmt.Sprintf("an execution is %s with %s", status, text), func() (bool, error) {
		out, err := machines.DescribeExecution(p.t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &accepted.ExecutionArn})
		if err != nil {
			return false, err
		}
		said := ""
		for _, s := range []*string{out.Output, out.Error, out.Cause} {
			if s != nil {
				said += *s
			}
		}
		if out.Status != status {
			return false, fmt.Errorf("it is %s: %s", out.Status, said)
		}
		return strings.Contains(said, text), nil
	})
}

func TestOrchestratorNeedsEveryPermission(t *testing.T) {
	orchestratorPermissions(t).noneCanBeTakenAway(t)
}

// TestTheMachineCannotBeDeployedWithoutLogDelivery is the use of the statement DeliverLogs: Step Functions checks it
// when a machine with logging is created or updated; CloudWatch Logs delivers by itself from then on.
func TestTheMachineCannotBeDeployedWithoutLogDelivery(t *testing.T) {
	embedded(t)
	o := orchestrator(t)
	machines := sfn.NewFromConfig(awsConfig(t))
	is, err := machines.DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: &o.StateMachineARN})
	require.NoError(t, err)
	update := func() error {
		_, err := machines.UpdateStateMachine(t.Context(), &sfn.UpdateStateMachineInput{
			StateMachineArn: &o.StateMachineARN, RoleArn: is.RoleArn, LoggingConfiguration: is.LoggingConfiguration,
		})
		return err
	}
	require.NoError(t, update())
	policy := readRolePolicy(t, o.MachineRoleName)
	for i, s := range policy.document.Statement {
		if s["Sid"] != "DeliverLogs" {
			continue
		}
		for _, action := range s["Action"].([]any) {
			policy.put(policy.document.without(i, action))
			err := update()
			policy.put(policy.document)
			require.ErrorContains(t, err, "not authorized to access the Log Destination", "without %s", action)
		}
		return
	}
	t.Fatal("the machine's role has no statement DeliverLogs")
}
