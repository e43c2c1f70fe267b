// Package part has the sections of the page that need more than a comparison of resources: policy, cost and speed.
package part

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/order-patterns/order-patterns/cmd/review/change"
	"github.com/order-patterns/order-patterns/local"
)

// Version is a version of the program, while it is deployed.
type Version struct {
	// Project is the folder with its files, and what was built of them.
	Project string
	// Cloud runs it. Resources that both versions have stay the same ones, with what is in them.
	Cloud *local.Cloud
	// State is that of the stack, with the names that Pulumi made.
	State []apitype.ResourceV3
	// Resources are those of State. See change.Resource for their names.
	Resources []change.Resource
}

// export returns the state as `pulumi stack export` prints it, for packages that read that.
func (v Version) export() ([]byte, error) {
	text, err := json.Marshal(map[string]any{"deployment": map[string]any{"resources": v.State}})
	if err != nil {
		return nil, fmt.Errorf("writing the stack's state: %w", err)
	}
	return text, nil
}

// Part is a section of the page.
type Part interface {
	// Title is the section's heading.
	Title() string
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

// and adds what another part of the same section says.
func (s Section) and(other Section) Section {
	join := func(separator string, texts ...string) string {
		return strings.Join(slices.DeleteFunc(texts, func(text string) bool { return text == "" }), separator)
	}
	both := Section{Markdown: join("\n\n", s.Markdown, other.Markdown), Summary: join("; ", s.Summary, other.Summary)}
	for _, met := range []map[string]float64{s.Met, other.Met} {
		for name, amount := range met {
			if both.Met == nil {
				both.Met = map[string]float64{}
			}
			both.Met[name] = max(both.Met[name], amount)
		}
	}
	return both
}
