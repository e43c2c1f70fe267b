package components

import "fmt"

// taskMachineArgs are what differs between the machines for Tasks.
type taskMachineArgs struct {
	machineTargets
	tasks []machineTask
}

// machineTask is a task of a machine.
type machineTask struct {
	name       string
	run        machineFunction
	compensate *machineFunction // nil if the task has none
	permanent  []string         // names of errors
}

// machineFunction is a function that a machine runs.
type machineFunction struct {
	arn            string
	timeoutSeconds int // of one attempt
}

// The states that every machine of tasks has. The other states have the names of tasks and of their compensations.
const (
	beginState        = "Begin"
	outputState       = "Output"
	notifyState       = "Notify"
	unnotifiedState   = "NotificationFailed"
	succeededState    = "Succeeded"
	moveState         = "MoveToFailureQueue"
	failedState       = "Failed"
	dataLimitExceeded = "States.DataLimitExceeded"
)

var taskMachineStates = []string{beginState, outputState, notifyState, unnotifiedState, succeededState, moveState, failedState}

// undo returns the name of a task's compensation: of its state and of its function.
func undo(task string) string { return "undo-" + task }

// serviceTimeoutSeconds is the timeout of one attempt to publish, or to move the input, in a Standard execution.
const serviceTimeoutSeconds = 15

// taskMachine runs tasks one after another, publishes its output, and succeeds: see [Task]. Every state passes on the whole data:
// {"results": {TASK: {"result"}}, "compensations": {TASK}}. All values are null at first, so that every path finds a value.
func taskMachine(a taskMachineArgs) machine {
	b := taskStates{taskMachineArgs: a, results: map[string]any{}}
	results, compensations := map[string]any{}, map[string]any{}
	for _, t := range a.tasks {
		b.results[t.name+".$"] = fmt.Sprintf("$.results['%s'].result", t.name)
		results[t.name] = map[string]any{"result": nil}
		if t.compensate != nil {
			compensations[t.name] = nil
		}
	}
	begin := state{Type: "Pass", Result: map[string]any{"results": results, "compensations": compensations}, Next: a.tasks[0].name}
	notifyTimeout, notifyRetry := serviceTimeoutSeconds, longRetry
	if a.express {
		notifyTimeout, notifyRetry = moveTimeoutSeconds, shortRetry(b.share(), moveTimeoutSeconds)
	}
	m := machine{
		Comment: "Runs tasks one after another, and undoes those that were done when one fails",
		StartAt: beginState,
		States: map[string]state{
			beginState: begin,
			// The execution's output, which is published.
			outputState: {
				Type:       "Pass",
				Parameters: map[string]any{"execution.$": "$$.Execution.Name", "input.$": "$$.Execution.Input", "results": b.results},
				Next:       notifyState,
			},
			notifyState:     a.notify(notifyTimeout, notifyRetry, map[string]any{"Message.$": "$"}, succeededState, unnotifiedState),
			unnotifiedState: {Type: "Pass", Comment: "What was done stands. The error is in the output and in the log.", Next: succeededState},
			succeededState:  {Type: "Succeed"},
			moveState:       a.move(serviceTimeoutSeconds, failedState, map[string]any{"compensations.$": "$.compensations"}),
			failedState:     failed(),
		},
	}
	back := moveState // the state that follows if all of the tasks before must be undone
	for i, t := range a.tasks {
		next := outputState
		if i+1 < len(a.tasks) {
			next = a.tasks[i+1].name
		}
		m.States[t.name] = b.run(t, next, back)
		if t.compensate != nil {
			m.States[undo(t.name)] = b.undo(t, back)
			back = undo(t.name)
		}
	}
	// If the machine timed out between two tasks, the first would not be undone. So the timeout is longer than all tasks.
	m.TimeoutSeconds = expressSeconds
	if !a.express {
		m.TimeoutSeconds = standardMaxDelay
		for _, s := range m.States {
			if s.Type == "Task" {
				m.TimeoutSeconds += s.longest()
			}
		}
	}
	return m
}

// taskStates builds the states of tasks.
type taskStates struct {
	taskMachineArgs
	results map[string]any // a payload template of the results of all tasks
}

// share returns the time that each function of an Express execution has, in seconds.
func (b taskStates) share() int {
	compensations := 0
	for _, t := range b.tasks {
		if t.compensate != nil {
			compensations++
		}
	}
	return expressShare(longestPath(len(b.tasks), compensations))
}

// longestPath returns the largest number of tasks that an execution runs one after another before it moves its input to the failure queue:
// all tasks, and then all compensations or the notification.
func longestPath(tasks, compensations int) int { return tasks + max(compensations, 1) }

// run returns the state of a task. If the task fails for good, the state back undoes the tasks before it.
func (b taskStates) run(t machineTask, next, back string) state {
	s := b.invoke(t.run, t.permanent, nil)
	s.ResultSelector = map[string]any{"result.$": "$.Payload"}
	s.ResultPath, s.Next = fmt.Sprintf("$.results['%s']", t.name), next
	unknown := back
	if t.compensate != nil {
		unknown = undo(t.name)
		if len(t.permanent) > 0 {
			s.Catch = append(s.Catch, catcher{ErrorEquals: t.permanent, ResultPath: "$.failure", Next: back})
		}
	}
	s.Catch = append(s.Catch, catchEvery("$.failure", unknown)...)
	return s
}

// undo returns the state of a compensation. The next state follows whether it succeeds or fails.
func (b taskStates) undo(t machineTask, next string) state {
	s := b.invoke(*t.compensate, t.permanent, map[string]any{"failure.$": "$.failure"})
	s.ResultSelector = map[string]any{"done": true}
	s.ResultPath, s.Next = fmt.Sprintf("$.compensations['%s']", t.name), next
	s.Catch = catchEvery(s.ResultPath, next)
	return s
}

// invoke returns a state that runs a function. The function gets the execution's name and the number of retries.
func (b taskStates) invoke(f machineFunction, permanent []string, more map[string]any) state {
	payload := map[string]any{
		"input.$": "$$.Execution.Input", "execution.$": "$$.Execution.Name", "attempt.$": "$$.State.RetryCount", "results": b.results,
	}
	for name, value := range more {
		payload[name] = value
	}
	r := longRetry
	if b.express {
		r = shortRetry(b.share(), f.timeoutSeconds)
	}
	return state{
		Type: "Task", Resource: b.integration("lambda:invoke"), TimeoutSeconds: f.timeoutSeconds,
		Parameters: map[string]any{"FunctionName": f.arn, "Payload": payload},
		Retry:      retry(permanent, r),
	}
}

// catchEvery also catches the error of a function whose answer is too large, which States.ALL does not match:
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
func catchEvery(to, next string) []catcher {
	return []catcher{{ErrorEquals: []string{dataLimitExceeded}, ResultPath: to, Next: next}, catchAll(to, next)}
}
