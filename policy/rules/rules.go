package rules

import (
	"cmp"
	"fmt"
	"slices"
)

// Level is the effect of a finding on an update.
type Level string

const (
	// Advisory findings are shown.
	Advisory Level = "advisory"
	// Mandatory findings make a preview, an update or a review fail.
	Mandatory Level = "mandatory"
	// Disabled rules are not run.
	Disabled Level = "disabled"
)

// Rule is one rule.
type Rule struct {
	// Name identifies the rule: lower case, words joined with hyphens.
	Name string
	// Description says in a sentence what must hold.
	Description string
	// Level is the level of the rule without a configuration.
	Level Level
	// Reference is the AWS page on which the rule is based.
	Reference string

	// Settings are the JSON names of the settings that the rule reads.
	Settings []string

	check func(s *Stack, settings Settings, report report)
}

// report records a finding about a resource.
type report func(r *Resource, format string, args ...any)

// Finding is a resource that violates a rule.
type Finding struct {
	Rule    string
	Level   Level
	URN     string
	Type    string
	Name    string
	Message string
}

// All returns the rules, in the order of docs/policy.md.
func All() []Rule {
	return []Rule{
		encryption, topicEncryption, deadLetters, retention, noPublicBucket, noWildcard, visibility, authorizer, alarms, tags,
	}
}

// Check runs all rules that are not disabled. Findings are in the order of the rules, and for each rule by the name of the resource.
func Check(resources []Resource, config Config) []Finding {
	var findings []Finding
	for _, rule := range All() {
		if rule.Level = config.Level(rule); rule.Level != Disabled {
			findings = append(findings, rule.Check(resources, config.Settings)...)
		}
	}
	return findings
}

// Check runs the rule on all resources of a stack. Findings are sorted by the name of the resource.
func (rule Rule) Check(resources []Resource, settings Settings) []Finding {
	s := &Stack{}
	for i := range resources {
		s.resources = append(s.resources, &resources[i])
	}
	var findings []Finding
	rule.check(s, settings, func(r *Resource, format string, args ...any) {
		findings = append(findings, Finding{
			Rule: rule.Name, Level: rule.Level, URN: r.URN, Type: r.Type, Name: r.Name, Message: fmt.Sprintf(format, args...),
		})
	})
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.URN, b.URN), cmp.Compare(a.Message, b.Message))
	})
	return findings
}
