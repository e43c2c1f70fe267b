package components

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func testArgs() orderMachineArgs {
	return orderMachineArgs{
		machineTargets: machineTargets{partition: "aws-cn", topic: "arn:aws-cn:sns:cn-north-1:123456789012:placed", failureQueue: "https://queue"},
		storeOrder:     "arn:store", writeInvoice: "arn:invoice", takeBackOrder: "arn:back", taskTimeoutSeconds: 15,
	}
}

func testMachine() machine { return orderMachine(testArgs()) }

// expressMachine is an Express machine with a timeout of its tasks.
func expressMachine(seconds int) machine {
	a := testArgs()
	a.express, a.taskTimeoutSeconds = true, seconds
	return orderMachine(a)
}

// TestTheDocumentedDiagramsAreTheMachines compares docs/orchestrator.md with the definitions. -update writes the page.
func TestTheDocumentedDiagramsAreTheMachines(t *testing.T) {
	page := filepath.Join("..", "docs", "orchestrator.md")
	for name, m := range map[string]machine{"diagram": testMachine(), "diagram of tasks": pictureMachine(false)} {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		begin, end := "<!-- "+name+" -->\n", "<!-- /"+name+" -->"
		before, rest, ok := strings.Cut(string(text), begin)
		require.True(t, ok)
		drawn, after, ok := strings.Cut(rest, end)
		require.True(t, ok)
		want := "```mermaid\n" + m.diagram() + "```\n"
		if *Update {
			require.NoError(t, os.WriteFile(page, []byte(before+begin+want+end+after), 0o644))
			continue
		}
		require.Equal(t, want, drawn, "run go test ./components -update")
	}
}

func TestEveryStateIsReachedAndLeadsToAnEnd(t *testing.T) {
	for _, m := range []machine{testMachine(), pictureMachine(false)} {
		reached := map[string]bool{}
		var visit func(name string)
		visit = func(name string) {
			s, ok := m.States[name]
			require.True(t, ok, "there is no state %s", name)
			if reached[name] {
				return
			}
			reached[name] = true
			next := []string{s.Next, s.Default}
			for _, c := range s.Choices {
				next = append(next, c.Next)
			}
			for _, c := range s.Catch {
				next = append(next, c.Next)
			}
			next = slices.DeleteFunc(next, func(n string) bool { return n == "" })
			require.Equal(t, len(next) == 0, s.Type == "Succeed" || s.Type == "Fail", "%s ends, or goes on", name)
			for _, n := range next {
				visit(n)
			}
		}
		visit(m.StartAt)
		require.Len(t, reached, len(m.States))
	}
}

func TestEveryTaskRetriesEverythingButItsPermanentErrorsWithBackoffAndJitter(t *testing.T) {
	for _, m := range []machine{testMachine(), expressMachine(15)} {
		for name, s := range m.States {
			if s.Type != "Task" {
				continue
			}
			last := s.Retry[len(s.Retry)-1]
			require.Equal(t, []string{"States.ALL"}, last.ErrorEquals, "%s: it must be alone and the last", name)
			require.Equal(t, "FULL", last.JitterStrategy, name)
			require.EqualValues(t, 2, last.BackoffRate, name)
			require.Greater(t, last.MaxDelaySeconds, last.IntervalSeconds, name)
			require.Positive(t, last.MaxAttempts, name)
			require.Positive(t, s.TimeoutSeconds, name)
			if strings.HasSuffix(s.Resource, "lambda:invoke") {
				require.Equal(t, retrier{ErrorEquals: []string{"InvalidOrder", "NotAllowed", "StoreRefused", "InvoiceRefused"}}, s.Retry[0], name)
				require.Len(t, s.Retry, 2)
			} else {
				require.Len(t, s.Retry, 1, name)
			}
		}
	}
}

// With full jitter, a delay is random between 0 and its limit: half of it on average.
func TestAStandardMachineRetriesForMoreThanADay(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for name, s := range testMachine().States {
		if s.Type != "Task" {
			continue
		}
		r := s.Retry[len(s.Retry)-1]
		for range 1000 {
			seconds, limit := 0.0, float64(r.IntervalSeconds)
			for range r.MaxAttempts {
				seconds += random.Float64() * limit
				limit = min(limit*r.BackoffRate, float64(r.MaxDelaySeconds))
			}
			require.Greater(t, seconds, 25.0*60*60, name)
		}
		// A history has at most 25,000 events. An attempt is three.
		require.Less(t, 3*(1+r.MaxAttempts)*(tasksInARow+1)+100, 25_000)
	}
}

// longestSeconds returns the longest time that an execution spends in these tasks, in seconds.
func longestSeconds(t *testing.T, m machine, names ...string) (seconds int) {
	t.Helper()
	for _, name := range names {
		require.Equal(t, "Task", m.States[name].Type, name)
		seconds += m.States[name].longest()
	}
	return seconds
}

var ways = [][]string{
	{"StoreOrder", "TakeBackOrder", "MoveToFailureQueue"},
	{"StoreOrder", "WriteInvoice", "TakeBackOrder", "MoveToFailureQueue"},
	{"StoreOrder", "WriteInvoice", "Notify"},
}

// If a machine timed out, an order could stay without its invoice, and would not be in the failure queue.
func TestAStandardMachineOutlastsAllAttemptsAtItsTasks(t *testing.T) {
	for _, timeout := range []int{6, 15, 905} {
		a := testArgs()
		a.taskTimeoutSeconds = timeout
		m := orderMachine(a)
		for _, names := range ways {
			require.Greater(t, m.TimeoutSeconds, longestSeconds(t, m, names...), names)
		}
		require.Less(t, m.TimeoutSeconds, 60*24*60*60, "an execution that hangs ends at last")
	}
	one := state{TimeoutSeconds: 10, Retry: []retrier{{}, {IntervalSeconds: 2, MaxAttempts: 4, MaxDelaySeconds: 10}}}
	require.Equal(t, 5*10+2+4+8+10, one.longest())
}

func TestAnExpressMachineMovesItsInputToTheFailureQueueBeforeItsFiveMinutesEnd(t *testing.T) {
	for timeout := 1 + taskGraceSeconds; timeout <= expressShare(tasksInARow); timeout++ {
		require.NoError(t, checkExpressTimeout(timeout-taskGraceSeconds))
		m := expressMachine(timeout)
		require.Equal(t, 300, m.TimeoutSeconds, "where Step Functions ends it anyway")
		for _, names := range ways {
			require.LessOrEqual(t, longestSeconds(t, m, names...), 300-spareSeconds, "%v with a timeout of %d", names, timeout)
		}
	}
	require.Error(t, checkExpressTimeout(expressShare(tasksInARow)-taskGraceSeconds+1))
	require.Equal(t, 3, expressMachine(15).States["StoreOrder"].Retry[1].MaxAttempts, "by default")
}

func TestAnExecutionThatFailedForGoodMovesItsWholeInputToTheFailureQueue(t *testing.T) {
	for _, m := range []machine{testMachine(), expressMachine(15)} {
		move := m.States["MoveToFailureQueue"]
		require.Equal(t, "arn:aws-cn:states:::sqs:sendMessage", move.Resource, "in the machine's partition")
		require.Equal(t, map[string]any{"QueueUrl": "https://queue", "MessageBody": map[string]any{
			"input.$": "$$.Execution.Input", "error.$": "$.failure.Error", "cause.$": "$.failure.Cause",
			"execution.$": "$$.Execution.Id", "time.$": "$$.State.EnteredTime",
		}}, move.Parameters)
		require.Equal(t, "OrderFailed", move.Next)
		require.Equal(t, state{Type: "Fail", ErrorPath: "$.failure.Error", CausePath: "$.failure.Cause"}, m.States["OrderFailed"])
		// Every path to the Fail state leads through the queue. Only the task that moves the input fails the execution directly.
		for name, s := range m.States {
			if s.Next == "OrderFailed" {
				require.Equal(t, "MoveToFailureQueue", name)
			}
			if s.Type == "Task" && name != "MoveToFailureQueue" {
				require.Equal(t, []string{"States.ALL"}, s.Catch[len(s.Catch)-1].ErrorEquals, name)
			}
		}
		for _, name := range []string{"StoreOrder", "WriteInvoice"} {
			for _, c := range m.States[name].Catch {
				require.Equal(t, "$.failure", c.ResultPath, name)
			}
		}
	}
}

func TestAnOrderThatMayHaveBeenStoredIsTakenBack(t *testing.T) {
	m := testMachine()
	require.Equal(t, "StoreOrder", m.StartAt, "the function that validates an order is the first")
	require.Equal(t, []catcher{{ErrorEquals: []string{"States.ALL"}, ResultPath: "$.failure", Next: "TakeBackOrder"}}, m.States["WriteInvoice"].Catch)
	require.Equal(t, []catcher{
		{ErrorEquals: permanent, ResultPath: "$.failure", Next: "MoveToFailureQueue"}, // it was not stored
		{ErrorEquals: []string{"States.ALL"}, ResultPath: "$.failure", Next: "TakeBackOrder"},
	}, m.States["StoreOrder"].Catch)
	back := m.States["TakeBackOrder"]
	require.Equal(t, "MoveToFailureQueue", back.Next)
	require.Equal(t, []catcher{{ErrorEquals: []string{"States.ALL"}, ResultPath: "$.takeback", Next: "MoveToFailureQueue"}}, back.Catch,
		"the first failure is the one that is reported")
	require.Equal(t, "OrderPlaced", m.States["NotificationFailed"].Next)
}

func TestTheDefinitionIsStableJSON(t *testing.T) {
	one, err := testMachine().definition()
	require.NoError(t, err)
	two, err := testMachine().definition()
	require.NoError(t, err)
	require.Equal(t, one, two)
	var doc map[string]any
	require.NoError(t, json.Unmarshal([]byte(one), &doc))
	require.Equal(t, "StoreOrder", doc["StartAt"])
}
