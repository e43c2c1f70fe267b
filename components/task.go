package components

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Task is one step of an Orchestrator: a function of your own, and optionally a second one that undoes it.
//
// Both functions are invoked with {"input", "execution", "attempt", "results"}: the input of the execution, its name, the number of
// previous attempts at this state, and the results of the tasks by name, null for tasks without a result. With Start, the input is {"id",
// "requestid", "accepted", "body"}: see [StartRoute]. Compensate also gets "failure": {"Error", "Cause"}, the name of the error that failed
// the execution, and Step Functions' description of it.
//
// The answer of Function is its result, JSON of any kind. All results and the input together must stay below 256 KiB: store large data
// elsewhere, and answer with its location. The answer of Compensate is not used.
//
// Both functions may be invoked more than once for the same execution, also after they succeeded: they must be idempotent.
//
// A function fails with the name of an error: the class of the exception in Python and JavaScript, the type of the error in Go. Package
// handlers/kit/task implements this for functions in Go. https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
//
// A task that fails is retried, unless the error is Permanent: for more than a day, or within its share of an Express execution's five
// minutes. When a task fails for good, the compensations of all tasks before it run in reverse order. Its own compensation runs first,
// because it is unknown what the task did; it does not run after a Permanent error. A compensation is retried like a task. If one fails for
// good, the others still run.
type Task struct {
	// Name is the name of the state and of the function: a letter, and then letters, digits and hyphens. Compensate has the name with the
	// prefix undo-. Required.
	Name string `pulumi:"name"`
	// Function performs the step. Required. Default size [TaskSize].
	Function Function `pulumi:"function"`
	// Compensate undoes what Function did, or may have done. Default: none.
	Compensate *Function `pulumi:"compensate,optional"`
	// Permanent lists the names of errors after which a retry cannot succeed. An error of Function in this list also means that no attempt
	// changed anything.
	Permanent []string `pulumi:"permanent,optional"`
}

// MaxTaskFunctions is the largest number of functions of all tasks, including compensations. Each may be retried 270 times, and AWS limits
// the history of an execution to 25,000 events: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
const MaxTaskFunctions = 28

// resolveTasks validates tasks, and sets defaults.
func resolveTasks(v *validator, tasks []Task, express bool) []Task {
	tasks = slices.Clone(tasks)
	compensations := 0
	for _, t := range tasks {
		if t.Compensate != nil {
			compensations++
		}
	}
	if n := len(tasks) + compensations; n > MaxTaskFunctions {
		v.addf("Tasks", "must have at most %d functions, compensations included, got %d", MaxTaskFunctions, n)
		return tasks
	}
	longest := TimeoutRange.Max
	if express && len(tasks) > 0 {
		longest = expressShare(longestPath(len(tasks), compensations)) - taskGraceSeconds
	}
	for i, t := range tasks {
		at := fmt.Sprintf("Tasks[%d]", i)
		v.function(at+".Name", t.Name)
		if slices.Contains(taskMachineStates, t.Name) {
			v.addf(at+".Name", "%q is the name of a state that every machine has", t.Name)
		}
		tasks[i].Function = t.Function.resolveTask(v, at+".Function", express, longest)
		if t.Compensate != nil {
			v.function(at+".Compensate", undo(t.Name))
			compensate := t.Compensate.resolveTask(v, at+".Compensate", express, longest)
			tasks[i].Compensate = &compensate
		}
		for j, name := range t.Permanent {
			if name == "" || strings.HasPrefix(name, "States.") {
				v.addf(fmt.Sprintf("%s.Permanent[%d]", at, j), "must be the name of an error of the function, got %q", name)
			}
		}
	}
	return tasks
}

// resolveTask validates a function that a machine runs. In an Express execution, the function has a share of the five minutes.
func (f Function) resolveTask(v *validator, path string, express bool, longest int) Function {
	if express && unset(f.TimeoutSeconds) && TaskSize.TimeoutSeconds > longest {
		v.addf(path+".TimeoutSeconds", "must be at most %d with Express and this number of functions, and is %d by default", longest, TaskSize.TimeoutSeconds)
	}
	f = f.resolveOwn(v, path, TaskSize)
	if express {
		f.TimeoutSeconds = v.number(path+".TimeoutSeconds", f.TimeoutSeconds, func(seconds int) error {
			if seconds > longest {
				return fmt.Errorf("must be at most %d with Express and this number of functions, got %d", longest, seconds)
			}
			return nil
		}, TaskSize.TimeoutSeconds)
	}
	return f
}

// taskRun creates the functions of Tasks.
func (b *builder) taskRun(args *OrchestratorArgs) (machineRun, error) {
	run := machineRun{
		routes: func(machineARN pulumi.StringInput) []Route {
			if args.start == nil {
				return nil
			}
			start := *args.start
			start.Execution.StateMachineArn = machineARN
			return []Route{start}
		},
		machine: func(targets machineTargets, arns []string, timeouts []int) machine {
			return taskMachine(taskMachineArgs{targets, machineTasks(args.Tasks, arns, timeouts)})
		},
	}
	add := func(name string, settings Function) error {
		fn, err := b.function(functionSpec{name: name, settings: settings})
		run.functions, run.timeouts = append(run.functions, fn), append(run.timeouts, settings.TimeoutSeconds)
		return err
	}
	for _, t := range args.Tasks {
		if err := add(t.Name, t.Function); err != nil {
			return run, err
		}
		if t.Compensate == nil {
			continue
		}
		if err := add(undo(t.Name), *t.Compensate); err != nil {
			return run, err
		}
	}
	return run, nil
}

// machineTasks converts tasks to those of a machine. arns and timeouts are those of their functions; a compensation follows its task's
// function.
func machineTasks(tasks []Task, arns []string, timeouts []int) []machineTask {
	next := func() machineFunction {
		f := machineFunction{arns[0], timeouts[0] + taskGraceSeconds}
		arns, timeouts = arns[1:], timeouts[1:]
		return f
	}
	made := make([]machineTask, len(tasks))
	for i, t := range tasks {
		made[i] = machineTask{name: t.Name, run: next(), permanent: t.Permanent}
		if t.Compensate != nil {
			compensate := next()
			made[i].compensate = &compensate
		}
	}
	return made
}
