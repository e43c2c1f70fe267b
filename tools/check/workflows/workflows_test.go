package workflows

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

const root = "../../.."

// good is a workflow without a fault. Each case of the test below breaks it in one place.
const good = `
on: pull_request
permissions: {}
defaults: {run: {shell: bash}}
concurrency: {group: test, cancel-in-progress: true}
jobs:
  test:
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    permissions:
      contents: read
    steps:
      - uses: actions/checkout@0123456789012345678901234567890123456789 # v1.2.3
        with:
          persist-credentials: false
      - uses: ./.github/actions/go
      - env:
          TITLE: ${{ github.event.pull_request.title }}
        run: echo "$TITLE"
`

func TestEachRuleFindsItsFault(t *testing.T) {
	for name, c := range map[string]struct{ old, new, fault string }{
		"good":                        {"", "", ""},
		"action by tag":               {"@0123456789012345678901234567890123456789 # v1.2.3", "@v1", "actions/checkout@v1 is not pinned by a full commit digest"},
		"action by short digest":      {"0123456789012345678901234567890123456789", "0123456", "actions/checkout@0123456 is not pinned by a full commit digest"},
		"digest without version":      {" # v1.2.3", "", "actions/checkout@0123456789012345678901234567890123456789 has no comment with its version, such as # v1.2.3"},
		"digest with a moving tag":    {"# v1.2.3", "# v1", "actions/checkout@0123456789012345678901234567890123456789 has no comment with its version, such as # v1.2.3"},
		"pull_request_target":         {"on: pull_request", "on: pull_request_target", "pull_request_target is a trigger"},
		"pull_request_target in list": {"on: pull_request", "on: [push, pull_request_target]", "pull_request_target is a trigger"},
		"workflow_run":                {"on: pull_request", "on: {workflow_run: {workflows: [check]}}", "workflow_run is a trigger"},
		"default permissions":         {"permissions: {}\n", "", "the workflow has other permissions than {}"},
		"permissions for all jobs":    {"permissions: {}", "permissions: {contents: write}", "the workflow has other permissions than {}"},
		"write-all":                   {"permissions:\n      contents: read", "permissions: write-all", "job test does not list its permissions"},
		"no permissions of a job":     {"    permissions:\n      contents: read\n", "", "job test does not list its permissions"},
		"other shell":                 {"shell: bash", "shell: sh", "the default shell is not bash"},
		"no shell":                    {"defaults: {run: {shell: bash}}\n", "", "the default shell is not bash"},
		"no concurrency": {"concurrency: {group: test, cancel-in-progress: true}\n", "",
			"a new commit of a pull request does not end the run of the one before: there is no concurrency"},
		"no timeout":                {"    timeout-minutes: 5\n", "", "job test has no timeout-minutes"},
		"all secrets":               {"    timeout-minutes: 5\n", "    timeout-minutes: 5\n    secrets: inherit\n", "job test passes on all secrets"},
		"expression in a script":    {`"$TITLE"`, `"${{ github.event.pull_request.title }}"`, "step 3 of job test has an expression in its script: pass it by env"},
		"expression in an argument": {"persist-credentials: false", "{persist-credentials: false, script: '${{ github.head_ref }}'}", "step 1 of job test has an expression in its script: pass it by env"},
		"credentials kept":          {"persist-credentials: false", "persist-credentials: true", "step 1 of job test leaves the token in the checkout: set persist-credentials to false"},
		"credentials by default":    {"        with:\n          persist-credentials: false\n", "", "step 1 of job test leaves the token in the checkout: set persist-credentials to false"},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.Count(good, c.old) != 1 && c.old != "" {
				t.Fatalf("%q is not there once", c.old)
			}
			faults, err := Faults(strings.Replace(good, c.old, c.new, 1))
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(faults, "; "); got != c.fault {
				t.Errorf("got %q, expected %q", got, c.fault)
			}
		})
	}
	faults, err := Faults("runs: {using: composite, steps: [{run: 'echo ${{ inputs.name }}'}]}")
	if err != nil || !slices.Equal(faults, []string{"step 1 has an expression in its script: pass it by env"}) {
		t.Errorf("an action: %q, %v", faults, err)
	}
}

func TestAnActionHasOnePinInAllWorkflows(t *testing.T) {
	other := strings.Replace(good, "@01", "@ff", 1)
	if faults := TwoPins(good, good); faults != nil {
		t.Errorf("one pin: %q", faults)
	}
	expected := "actions/checkout is used with 0123456789012345678901234567890123456789 # v1.2.3, and with ff23456789012345678901234567890123456789 # v1.2.3"
	if faults := TwoPins(good, other); !slices.Equal(faults, []string{expected}) {
		t.Errorf("two pins: %q", faults)
	}
}

func TestTheWorkflowsHaveNoFault(t *testing.T) {
	files := append(glob(t, ".github/workflows/*.yml"), glob(t, ".github/actions/*/action.yml")...)
	if len(files) < 9 {
		t.Fatalf("only found %q", files)
	}
	var texts []string
	for _, name := range files {
		text := read(t, name)
		texts = append(texts, text)
		faults, err := Faults(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, fault := range faults {
			t.Errorf("%s: %s", name, fault)
		}
	}
	for _, fault := range TwoPins(texts...) {
		t.Error(fault)
	}
}

func TestDependabotUpdatesEveryModuleAndAction(t *testing.T) {
	var config struct {
		Updates []struct {
			Ecosystem   string   `yaml:"package-ecosystem"`
			Directories []string `yaml:"directories"`
		} `yaml:"updates"`
	}
	if err := yaml.Unmarshal([]byte(read(t, ".github/dependabot.yml")), &config); err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, u := range config.Updates {
		got[u.Ecosystem] = slices.Sorted(slices.Values(u.Directories))
	}
	expected := map[string][]string{"github-actions": {"/"}} // the workflows
	for _, name := range glob(t, ".github/actions/*/action.yml") {
		expected["github-actions"] = append(expected["github-actions"], "/"+path.Dir(name))
	}
	for _, pattern := range []string{"go.mod", "[^.]*/go.mod", "[^.]*/*/go.mod", "[^.]*/*/*/go.mod"} {
		for _, name := range glob(t, pattern) {
			if strings.HasPrefix(name, "templates/") {
				continue // its module has the name of somebody's project
			}
			expected["gomod"] = append(expected["gomod"], path.Join("/", path.Dir(name)))
		}
	}
	slices.Sort(expected["gomod"])
	for ecosystem, directories := range expected {
		if !slices.Equal(got[ecosystem], directories) {
			t.Errorf("%s: got %q, expected %q", ecosystem, got[ecosystem], directories)
		}
	}
}

// glob returns the files of the repository that match, by their paths in it.
func glob(t *testing.T, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(root, pattern))
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range found {
		if found[i], err = filepath.Rel(root, name); err != nil {
			t.Fatal(err)
		}
	}
	return found
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
