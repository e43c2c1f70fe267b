// Package page writes the review as Markdown.
package page

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/order-patterns/order-patterns/cmd/review/change"
	"github.com/order-patterns/order-patterns/cmd/review/part"
	"github.com/order-patterns/order-patterns/cmd/review/permission"
)

// Review is what the page says.
type Review struct {
	// Base and Head name the versions.
	Base, Head string
	// Patterns are those that were deployed.
	Patterns string
	// Resources is how many the head has.
	Resources int
	Changes   change.Changes
	// OutputsAdded and OutputsRemoved are paths of outputs of the stack.
	OutputsAdded, OutputsRemoved []string
	Permissions                  []permission.Difference
	// Unread are policies that could not be compared.
	Unread []error
	// Failure is why the head cannot be deployed, or nil. Then the rest is incomplete.
	Failure error
	// Anew is why the head cannot be deployed where nothing is deployed yet, or nil.
	Anew  error
	Parts []Part
}

// Part is a section of somebody else.
type Part struct {
	Title string
	part.Section
}

// Nothing returns whether the change has no effect on what is deployed.
func (r Review) Nothing() bool {
	return r.Changes.Empty() && len(r.OutputsAdded)+len(r.OutputsRemoved)+len(r.Permissions)+len(r.Unread) == 0 && r.Failure == nil
}

// Widened returns how many permissions are wider than before.
func (r Review) Widened() (n int) {
	for _, p := range r.Permissions {
		if p.Widening {
			n++
		}
	}
	return n
}

// Write writes the page.
func (r Review) Write(w io.Writer) error {
	p := &printer{}
	if r.Nothing() {
		p.line("No change to what is deployed: `%s` has the %s, the permissions and the code of `%s` (patterns: %s).",
			r.Head, plural(r.Resources, "resource"), r.Base, r.Patterns)
		return p.to(w)
	}
	p.line("# What this change does")
	p.line("")
	p.line("%s", r.summary())
	p.line("")
	p.line("<sub>`%s` compared with `%s`, both deployed to an embedded cloud. Patterns: %s.</sub>", r.Head, r.Base, r.Patterns)
	if r.Failure != nil {
		p.failure("The deployment fails", r.Failure)
		if r.Changes.Empty() {
			p.line("\nNothing was changed, so there is nothing more to compare.")
			return p.to(w)
		}
		p.line("\nWhat follows compares what existed after the failure.")
	}
	if r.Anew != nil {
		p.failure("A new deployment fails", r.Anew)
		p.line("\nThis is where nothing is deployed yet. An update of what the base has deployed does not fail.")
	}
	p.risks(r.Changes.Risks())
	p.changes(r.Changes)
	p.outputs(r.OutputsAdded, r.OutputsRemoved)
	p.permissions(r.Permissions, r.Unread)
	for _, s := range r.Parts {
		p.heading(s.Title)
		p.line("%s", strings.TrimSpace(s.Markdown))
	}
	return p.to(w)
}

// blank are several empty lines.
var blank = regexp.MustCompile(`\n{3,}`)

// summary is the sentence at the top.
func (r Review) summary() string {
	var parts []string
	add := func(n int, format, noun string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf(format, plural(n, noun)))
		}
	}
	if r.Failure != nil {
		parts = append(parts, "**the deployment fails**")
	}
	if r.Anew != nil {
		parts = append(parts, "**a new deployment fails**")
	}
	add(len(r.Changes.Risks()), "**data of %s at risk**", "resource")
	add(r.Widened(), "**%s widened**", "permission")
	add(len(r.Permissions)-r.Widened(), "%s narrowed", "permission")
	add(len(r.Changes.Added), "%s added", "resource")
	add(len(r.Changes.Changed), "%s changed", "resource")
	add(len(r.Changes.Replaced), "%s replaced", "resource")
	add(len(r.Changes.Removed), "%s removed", "resource")
	add(len(r.Changes.Code), "code of %s changed", "function")
	for _, s := range r.Parts {
		if s.Summary != "" {
			parts = append(parts, s.Summary)
		}
	}
	if len(parts) == 0 {
		return "No resource and no permission changes."
	}
	text := strings.Join(parts, "; ") + "."
	if strings.HasPrefix(text, "**") {
		return "**" + strings.ToUpper(text[2:3]) + text[3:]
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// failureLines is how many lines of an error are shown.
const failureLines = 30

// end is the last lines of a text.
func end(text string, lines int) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	if len(all) > lines {
		all = append([]string{"…"}, all[len(all)-lines:]...)
	}
	return strings.Join(all, "\n")
}

// plural is a number with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if stem, y := strings.CutSuffix(noun, "y"); y && !strings.HasSuffix(noun, "key") {
		return fmt.Sprintf("%d %sies", n, stem)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// printer collects the page.
type printer struct{ strings.Builder }

// to writes what was collected.
func (p *printer) to(w io.Writer) error {
	_, err := io.WriteString(w, strings.TrimSpace(blank.ReplaceAllString(p.String(), "\n\n"))+"\n")
	return err
}

func (p *printer) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// failure writes the end of an error.
func (p *printer) failure(title string, err error) {
	p.heading(title)
	p.line("```text")
	p.line("%s", strings.ReplaceAll(end(err.Error(), failureLines), "```", "'''"))
	p.line("```")
}

func (p *printer) heading(title string) { p.line("\n## %s\n", title) }
