// Package workflows holds the rules for GitHub workflows and actions that actionlint does not have. They follow the audits of zizmor
// (https://docs.zizmor.sh/audits/) and GitHub's advice (https://docs.github.com/en/actions/reference/security/secure-use).
package workflows

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// file is a workflow, or an action that is composed of steps.
type file struct {
	On          any `yaml:"on"`
	Permissions any `yaml:"permissions"`
	Concurrency any `yaml:"concurrency"`
	Defaults    struct {
		Run struct {
			Shell string `yaml:"shell"`
		} `yaml:"run"`
	} `yaml:"defaults"`
	Jobs map[string]job `yaml:"jobs"`
	Runs struct {
		Steps []step `yaml:"steps"`
	} `yaml:"runs"`
}

type job struct {
	Permissions any    `yaml:"permissions"`
	Timeout     int    `yaml:"timeout-minutes"`
	Uses        string `yaml:"uses"`
	Secrets     any    `yaml:"secrets"`
	Steps       []step `yaml:"steps"`
}

type step struct {
	Uses string         `yaml:"uses"`
	Run  string         `yaml:"run"`
	With map[string]any `yaml:"with"`
}

var (
	uses   = regexp.MustCompile(`(?m)^[ -]*uses:[ ]*(\S+)(.*)$`)
	digest = regexp.MustCompile(`^[\w.-]+(?:/[\w.-]+)+@[0-9a-f]{40}$`)
	named  = regexp.MustCompile(`^ # v\d+\.\d+\.\d+$`)
)

// Faults returns what is wrong with a workflow, or an action.yml that is composed of steps.
func Faults(text string) ([]string, error) {
	var f file
	if err := yaml.Unmarshal([]byte(text), &f); err != nil {
		return nil, err
	}
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }

	// A tag can be moved to other code. Dependabot reads the version in the comment and keeps it up to date.
	for _, m := range uses.FindAllStringSubmatch(text, -1) {
		switch action, comment := m[1], m[2]; {
		case strings.HasPrefix(action, "./"):
		case !digest.MatchString(action):
			fault("%s is not pinned by a full commit digest", action)
		case !named.MatchString(comment):
			fault("%s has no comment with its version, such as # v1.2.3", action)
		}
	}

	// Both run with secrets and a token that may write, on behalf of whoever opens a pull request.
	for _, trigger := range triggers(f.On) {
		if trigger == "pull_request_target" || trigger == "workflow_run" {
			fault("%s is a trigger", trigger)
		}
		if trigger == "pull_request" && f.Concurrency == nil {
			fault("a new commit of a pull request does not end the run of the one before: there is no concurrency")
		}
	}

	if none, ok := f.Permissions.(map[string]any); len(f.Jobs) > 0 && (!ok || len(none) > 0) {
		fault("the workflow has other permissions than {}")
	}
	// Without a shell, GitHub runs bash without pipefail.
	if len(f.Jobs) > 0 && f.Defaults.Run.Shell != "bash" {
		fault("the default shell is not bash")
	}
	for _, name := range slices.Sorted(maps.Keys(f.Jobs)) {
		j := f.Jobs[name]
		if _, ok := j.Permissions.(map[string]any); !ok {
			fault("job %s does not list its permissions", name)
		}
		if j.Uses == "" && j.Timeout == 0 {
			fault("job %s has no timeout-minutes", name)
		}
		if j.Secrets == "inherit" {
			fault("job %s passes on all secrets", name)
		}
		for i, s := range j.Steps {
			stepFaults(fmt.Sprintf("step %d of job %s", i+1, name), s, fault)
		}
	}
	for i, s := range f.Runs.Steps {
		stepFaults(fmt.Sprintf("step %d", i+1), s, fault)
	}
	return faults, nil
}

// TwoPins returns the actions that are not used with one digest and one version in all of the texts.
func TwoPins(texts ...string) (faults []string) {
	pinned := map[string]string{}
	for _, text := range texts {
		for _, m := range uses.FindAllStringSubmatch(text, -1) {
			action, digest, _ := strings.Cut(m[1], "@")
			pin := digest + m[2]
			if other, ok := pinned[action]; ok && other != pin {
				faults = append(faults, fmt.Sprintf("%s is used with %s, and with %s", action, other, pin))
			}
			pinned[action] = pin
		}
	}
	return faults
}

func stepFaults(where string, s step, fault func(string, ...any)) {
	// GitHub puts the value into the script, where it is code. A variable of env is a value.
	if strings.Contains(s.Run, "${{") {
		fault("%s has an expression in its script: pass it by env", where)
	}
	if script, ok := s.With["script"].(string); ok && strings.Contains(script, "${{") {
		fault("%s has an expression in its script: pass it by env", where)
	}
	if strings.HasPrefix(s.Uses, "actions/checkout@") && s.With["persist-credentials"] != false {
		fault("%s leaves the token in the checkout: set persist-credentials to false", where)
	}
}

// triggers returns the events of a workflow's key on, which is a name, a list, or a mapping.
func triggers(on any) []string {
	switch on := on.(type) {
	case string:
		return []string{on}
	case []any:
		names := make([]string, len(on))
		for i, name := range on {
			names[i] = fmt.Sprint(name)
		}
		return names
	case map[string]any:
		return slices.Sorted(maps.Keys(on))
	}
	return nil
}
