package integration_test

import (
	"fmt"
	"net/http"
	"slices"
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
		pattern:   "orchestrator",
		functions: o.Functions,
		services:  map[string]string{"state machine": o.MachineRoleName, "API": o.APIRoleNames[0]},
		inTrouble: []inTrouble{{
			"a state machine cannot be deployed without log delivery", []string{"DeliverLogs"}, stateMachineCannotBeDeployedWithoutLogDelivery,
		}},
		works: func(p *probe, from time.Time, sampled []string) error {
			p.step = 200 * time.Millisecond // log events are delivered once in a second
			if err := p.coffeeOrder(o.URL, sampled); err != nil {
				return err
			}
			if err := p.execution(o, newAccount(), types.ExecutionStatusSucceeded, sampled, `"messageid"`); err != nil {
				return err
			}
			// The invoice of another order is refused, so that the order is taken back and the failure is logged.
			account := newAccount()
			remove := inject(p.t, fault.Rule{Action: "s3:PutObject", Resource: invoicesOf(o, account), Do: fail(invalidArgument)})
			defer remove()
			if err := p.execution(o, account, types.ExecutionStatusFailed, sampled, "InvoiceRefused"); err != nil {
				return err
			}
			if err := p.until("the state machine logs the failure", func() (bool, error) { return p.logged(o.ExecutionLogs, from) }); err != nil {
				return err
			}
			return p.until("the state machine is traced", func() (bool, error) { return p.traced(machineName, from) })
		},
		changed: func(t *testing.T, name, action string) { restartFunction(t, o.Functions[name], action, 0) },
		clean:   func(*testing.T) {},
	}
}

// execution places an order and checks that its execution ends with this status, and with this text in its output or error.
func (p *probe) execution(o *orchestratorOutputs, account string, status types.ExecutionStatus, header []string, text string) error {
	r, err := send(http.MethodPost, o.URL+"/order", newOrder(account, "v0", time.Now()).body(), header...)
	if err != nil || r.status != http.StatusAccepted {
		return fmt.Errorf("POST /order: %v %d %s", err, r.status, r.body)
	}
	var accepted struct{ ExecutionArn string }
	decode(p.t, r.body, &accepted)
	machines := sfnClient(p.t)
	return p.until(fmt.Sprintf("an execution is %s and has %s", status, text), func() (bool, error) {
		out, err := machines.DescribeExecution(p.t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &accepted.ExecutionArn})
		if err != nil {
			return false, err
		}
		result := ""
		for _, s := range []*string{out.Output, out.Error, out.Cause} {
			if s != nil {
				result += *s
			}
		}
		if out.Status != status {
			return false, fmt.Errorf("it is %s: %s", out.Status, result)
		}
		return strings.Contains(result, text), nil
	})
}

func TestOrchestratorNeedsAllPermissions(t *testing.T) {
	orchestratorPermissions(t).requireAllNeeded(t)
}

// stateMachineCannotBeDeployedWithoutLogDelivery shows the use of the statement DeliverLogs. Step Functions checks its
// actions when a state machine with logging is created or updated. Later, CloudWatch Logs delivers without them.
func stateMachineCannotBeDeployedWithoutLogDelivery(t *testing.T) {
	o := orchestrator(t)
	machines := sfnClient(t)
	deployed, err := machines.DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: &o.StateMachineARN})
	require.NoError(t, err)
	update := func() error {
		_, err := machines.UpdateStateMachine(t.Context(), &sfn.UpdateStateMachineInput{
			StateMachineArn: &o.StateMachineARN, RoleArn: deployed.RoleArn, LoggingConfiguration: deployed.LoggingConfiguration,
		})
		return err
	}
	require.NoError(t, update())
	policy := readRolePolicy(t, o.MachineRoleName)
	i := slices.IndexFunc(policy.document.Statement, func(s map[string]any) bool { return s["Sid"] == "DeliverLogs" })
	require.NotEqual(t, -1, i, "the state machine's role has no statement DeliverLogs")
	for _, action := range policy.document.Statement[i]["Action"].([]any) {
		policy.remove(t, i, action)
		err := update()
		policy.restore(t)
		require.ErrorContains(t, err, "not authorized to access the Log Destination", "without %s", action)
	}
}
