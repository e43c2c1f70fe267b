package part

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/order-patterns/order-patterns/cmd/review/change"
	"github.com/order-patterns/order-patterns/policy/rules"
)

// Policy compares what the policy pack finds. Both versions are checked by the rules and the settings of the head, so that a new
// rule does not count as a new fault.
type Policy struct {
	versions []deployed // base, head
}

// deployed is what the rules look at.
type deployed struct {
	settings  string // the file
	resources []rules.Resource
	kinds     map[string]string // by URN
	names     change.Names
}

// Title implements Part.
func (p *Policy) Title() string { return "Policy" }

// Measure implements Part.
func (p *Policy) Measure(_ context.Context, v Version) error {
	text, err := v.export()
	if err != nil {
		return err
	}
	// As `make policy` uses it for the local stack.
	d := deployed{settings: filepath.Join(v.Project, "policy", "local.json"), kinds: map[string]string{}, names: change.NewNames(v.State)}
	if d.resources, err = rules.ReadState(text); err != nil {
		return err
	}
	for _, r := range v.Resources {
		d.kinds[r.URN] = r.Kind
	}
	p.versions = append(p.versions, d)
	return nil
}

// Section implements Part.
func (p *Policy) Section(context.Context) (Section, error) {
	text, err := os.ReadFile(p.versions[1].settings)
	if err != nil {
		return Section{}, fmt.Errorf("reading the settings of the policy pack: %w", err)
	}
	config, err := rules.ReadConfig(text)
	if err != nil {
		return Section{}, err
	}
	was, err := os.ReadFile(p.versions[0].settings)
	if err != nil && !os.IsNotExist(err) { // a base from before the policy pack has none
		return Section{}, fmt.Errorf("reading the settings of the policy pack: %w", err)
	}
	section := compareFindings(p.versions[0].findings(config), p.versions[1].findings(config))
	if string(was) != string(text) {
		section.Markdown += "\n\n`policy/local.json` differs. Both versions are checked with its new settings."
	}
	return section, nil
}

// findings are sentences.
func (d deployed) findings(config rules.Config) []string {
	var all []string
	for _, f := range rules.Check(d.resources, config) {
		rule := "`" + f.Rule + "`"
		if f.Level == rules.Advisory {
			rule += " (advisory)"
		}
		all = append(all, fmt.Sprintf("%s: %s `%s`: %s.", rule, d.kinds[f.URN], f.Name, strings.ReplaceAll(d.names.Text(f.Message), "*", `\*`)))
	}
	return all
}

// compareFindings lists the findings that only one version has. A finding that the resource has twice counts twice.
func compareFindings(before, after []string) Section {
	left := map[string]int{}
	for _, f := range before {
		left[f]++
	}
	var lines []string
	fresh := 0
	for _, f := range after {
		if left[f]--; left[f] < 0 {
			lines = append(lines, "- **New: "+f+"**")
			fresh++
		}
	}
	for _, f := range before {
		if left[f] > 0 {
			lines = append(lines, "- Gone: "+f)
			left[f]--
		}
	}
	gone := len(lines) - fresh
	var section Section
	switch {
	case fresh > 0:
		section.Summary, section.Met = fmt.Sprintf("**new policy findings: %d**", fresh), map[string]float64{"policy": float64(fresh)}
	case gone > 0:
		section.Summary = fmt.Sprintf("policy findings gone: %d", gone)
	}
	var paragraphs []string
	if fresh == 0 {
		paragraphs = append(paragraphs, "No new finding.")
	}
	if len(lines) > 0 {
		paragraphs = append(paragraphs, strings.Join(lines, "\n"))
	}
	if stay := len(after) - fresh; stay > 0 {
		paragraphs = append(paragraphs, fmt.Sprintf("Findings that both versions have: %d.", stay))
	}
	section.Markdown = strings.Join(paragraphs, "\n\n")
	return section
}
