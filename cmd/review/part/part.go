// Package part has the sections of the page that need more than the resources of two deployments: what others measure plugs in
// here.
package part

import (
	"context"

	"github.com/order-patterns/order-patterns/cmd/review/change"
	"github.com/order-patterns/order-patterns/local"
)

// Version is a version of the program, while it is deployed.
type Version struct {
	// Project is the folder with its files, and what was built of them.
	Project string
	// Cloud runs it. Resources that both versions have stay the same ones, with what is in them.
	Cloud *local.Cloud
	// Resources are those of the stack. See change.Resource for their names.
	Resources []change.Resource
}

// Part is a section of the page.
type Part interface {
	// Title is the section's heading.
	Title() string
	// Conditions are those of --fail-on that the part decides, such as policy.
	Conditions() []string
	// Measure is called twice: with the base while it is deployed, and then with the head.
	Measure(context.Context, Version) error
	// Section compares what was measured. It is called once, after both, while their folders exist.
	Section(context.Context) (Section, error)
}

// Section is what a part says.
type Section struct {
	// Markdown is the text below the heading.
	Markdown string
	// Summary is a phrase for the top of the page, or empty if there is nothing that a reviewer must know.
	Summary string
	// Met are the conditions of --fail-on that the change meets, with how far: the share by which it is slower, 0.1 for 10 %, or the
	// number of findings.
	Met map[string]float64
}

// NotMeasured is a part whose measurement does not exist yet. The page says so, so that nobody takes silence for an answer.
type NotMeasured string

// Title implements Part.
func (n NotMeasured) Title() string { return string(n) }

// Conditions implements Part.
func (n NotMeasured) Conditions() []string { return nil }

// Measure implements Part.
func (n NotMeasured) Measure(context.Context, Version) error { return nil }

// Section implements Part.
func (n NotMeasured) Section(context.Context) (Section, error) {
	return Section{Markdown: "Not measured."}, nil
}
