package components

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// pictures returns three tasks: the first and the last have compensations, the first and the second have permanent errors.
func pictures(timeoutSeconds int) []machineTask {
	function := func(name string) machineFunction {
		return machineFunction{"arn:aws:lambda:us-east-1:123456789012:function:" + name, timeoutSeconds}
	}
	undoResize, undoIndex := function("undo-resize"), function("undo-index")
	return []machineTask{
		{name: "resize", run: function("resize"), compensate: &undoResize, permanent: []string{"NotAPicture"}},
		{name: "moderate", run: function("moderate"), permanent: []string{"Refused"}},
		{name: "index", run: function("index"), compensate: &undoIndex},
	}
}

func pictureMachine(express bool) machine {
	return taskMachine(taskMachineArgs{machineTargets{
		partition: "aws", topic: "arn:aws:sns:us-east-1:123456789012:pictures", express: express,
		failureQueue: "https://sqs.us-east-1.amazonaws.com/123456789012/failures",
	}, pictures(15)})
}

// TestTheDefinitionsAreThoseOfTheFiles compares definitions with files, which tests of the embedded cloud execute. -update writes them.
func TestTheDefinitionsAreThoseOfTheFiles(t *testing.T) {
	for name, m := range map[string]machine{
		"machine-orders": testMachine(), "machine-orders-express": expressMachine(15),
		"machine-tasks": pictureMachine(false), "machine-tasks-express": pictureMachine(true),
	} {
		text, err := json.MarshalIndent(m, "", "  ")
		require.NoError(t, err)
		file := filepath.Join("testdata", name+".json")
		if *Update {
			require.NoError(t, os.WriteFile(file, append(text, '\n'), 0o644))
			continue
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, string(want), string(text)+"\n", "run go test ./components -update")
	}
}

func TestAFailedTaskIsUndoneUnlessItsErrorIsPermanent(t *testing.T) {
	type way struct {
		errors []string
		next   string
	}
	m := pictureMachine(false)
	for name, want := range map[string][]way{
		"resize":      {{[]string{"NotAPicture"}, moveState}, {[]string{dataLimitExceeded}, "undo-resize"}, {[]string{"States.ALL"}, "undo-resize"}},
		"moderate":    {{[]string{dataLimitExceeded}, "undo-resize"}, {[]string{"States.ALL"}, "undo-resize"}},
		"index":       {{[]string{dataLimitExceeded}, "undo-index"}, {[]string{"States.ALL"}, "undo-index"}},
		"undo-index":  {{[]string{dataLimitExceeded}, "undo-resize"}, {[]string{"States.ALL"}, "undo-resize"}},
		"undo-resize": {{[]string{dataLimitExceeded}, moveState}, {[]string{"States.ALL"}, moveState}},
	} {
		var got []way
		for _, c := range m.States[name].Catch {
			got = append(got, way{c.ErrorEquals, c.Next})
			if name == "resize" || name == "moderate" || name == "index" {
				require.Equal(t, "$.failure", c.ResultPath, name)
			} else {
				require.Equal(t, m.States[name].ResultPath, c.ResultPath, "the first failure is the one that is reported")
			}
		}
		require.Equal(t, want, got, name)
	}
	require.Equal(t, "undo-resize", m.States["undo-index"].Next)
	require.Equal(t, moveState, m.States["undo-resize"].Next)
	require.Equal(t, failedState, m.States[moveState].Next)
	require.Equal(t, []string{"resize", "moderate", "index", outputState}, []string{
		m.States[beginState].Next, m.States["resize"].Next, m.States["moderate"].Next, m.States["index"].Next,
	})
}

func TestEveryTaskAndCompensationRetriesEverythingButItsPermanentErrors(t *testing.T) {
	for _, m := range []machine{pictureMachine(false), pictureMachine(true)} {
		for name, permanent := range map[string][]string{
			"resize": {"NotAPicture"}, "undo-resize": {"NotAPicture"}, "moderate": {"Refused"}, "index": nil, "undo-index": nil, notifyState: nil, moveState: nil,
		} {
			s := m.States[name]
			last := s.Retry[len(s.Retry)-1]
			require.Equal(t, []string{"States.ALL"}, last.ErrorEquals, name)
			require.Positive(t, last.MaxAttempts, name)
			if permanent == nil {
				require.Len(t, s.Retry, 1, name)
			} else {
				require.Equal(t, retrier{ErrorEquals: permanent}, s.Retry[0], name)
			}
		}
	}
}

// chain returns tasks. The first ones have compensations.
func chain(tasks, compensations, timeoutSeconds int) []machineTask {
	list := make([]machineTask, tasks)
	for i := range list {
		f := machineFunction{"arn", timeoutSeconds}
		list[i] = machineTask{name: fmt.Sprint("t", i), run: f}
		if i < compensations {
			list[i].compensate = &f
		}
	}
	return list
}

// taskPaths returns the two longest paths through a machine of tasks.
func taskPaths(tasks []machineTask) [][]string {
	var done, undone []string
	for _, task := range tasks {
		done = append(done, task.name)
		if task.compensate != nil {
			undone = append(undone, undo(task.name))
		}
	}
	return [][]string{slices.Concat(done, []string{notifyState}), slices.Concat(done, undone, []string{moveState})}
}

func TestExpressTasksEndWithinFiveMinutes(t *testing.T) {
	for tasks := 1; tasks <= MaxTaskFunctions; tasks++ {
		for compensations := 0; compensations <= min(tasks, MaxTaskFunctions-tasks); compensations++ {
			share := expressShare(longestPath(tasks, compensations))
			require.Greater(t, share, taskGraceSeconds, "there is a timeout that fits")
			for _, timeout := range []int{1 + taskGraceSeconds, share} {
				list := chain(tasks, compensations, timeout)
				m := taskMachine(taskMachineArgs{machineTargets{express: true}, list})
				require.Equal(t, 300, m.TimeoutSeconds)
				for _, names := range taskPaths(list) {
					require.LessOrEqual(t, longestSeconds(t, m, names...), 300-spareSeconds, "%d tasks, %d compensations, %d s", tasks, compensations, timeout)
				}
			}
		}
	}
}

func TestStandardTasksEndBeforeTheMachineTimesOutAndItsHistoryIsFull(t *testing.T) {
	for _, size := range [][2]int{{1, 0}, {1, 1}, {14, 14}, {28, 0}} {
		list := chain(size[0], size[1], TimeoutRange.Max+taskGraceSeconds)
		m := taskMachine(taskMachineArgs{machineTargets{}, list})
		for _, names := range taskPaths(list) {
			require.Greater(t, m.TimeoutSeconds, longestSeconds(t, m, names...))
			events := 100
			for _, name := range names {
				events += 2 + 3*(1+m.States[name].Retry[0].MaxAttempts)
			}
			require.Less(t, events, 25_000)
		}
		require.Less(t, m.TimeoutSeconds, 365*24*60*60, "an execution lasts a year at most")
	}
}
