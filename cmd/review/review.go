package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/order-patterns/order-patterns/cmd/review/change"
	"github.com/order-patterns/order-patterns/cmd/review/checkout"
	"github.com/order-patterns/order-patterns/cmd/review/deployment"
	"github.com/order-patterns/order-patterns/cmd/review/page"
	"github.com/order-patterns/order-patterns/cmd/review/part"
	"github.com/order-patterns/order-patterns/cmd/review/permission"
)

// reviewer compares the working tree of a project with a commit.
type reviewer struct {
	project, base, patterns string
	parts                   []part.Part
	load                    *part.Load // that of the parts
	rounds                  int        // of orders, of each version
	log                     io.Writer
	kill                    <-chan struct{}
}

// review builds and deploys both versions. It leaves nothing behind, also if ctx ends.
func (r *reviewer) review(ctx context.Context) (result *page.Review, err error) {
	commit, err := checkout.Find(ctx, r.project, r.base)
	if err != nil {
		return nil, err
	}
	head, err := checkout.Head(ctx, r.project)
	if err != nil {
		return nil, err
	}
	temporary, err := os.MkdirTemp("", "review-")
	if err != nil {
		return nil, fmt.Errorf("making a temporary folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temporary)) }()
	base := filepath.Join(temporary, "base")
	remove, err := checkout.Add(ctx, r.project, commit, base)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	for _, b := range []struct{ name, folder string }{{"the base " + commit.Digest, base}, {"the working tree", r.project}} {
		if err := r.step("building "+b.name, func() error { return checkout.Build(ctx, b.folder, r.log) }); err != nil {
			return nil, fmt.Errorf("%s cannot be built: %w", b.name, err)
		}
	}
	result = &page.Review{Base: commit.String(), Head: head, Patterns: r.patterns}
	if err := r.compare(ctx, result, temporary, base); err != nil {
		return nil, err
	}
	if err := r.placeOrders(ctx, result, temporary, base); err != nil {
		return nil, err
	}
	for _, p := range r.parts {
		section, err := p.Section(ctx)
		if err != nil {
			return nil, fmt.Errorf("measuring %s: %w", p.Title(), err)
		}
		result.Parts = append(result.Parts, page.Part{Title: p.Title(), Section: section})
	}
	return result, nil
}

// compare deploys the base, and then the working tree in its place, and fills the page. The parts measure both.
func (r *reviewer) compare(ctx context.Context, result *page.Review, temporary, base string) (err error) {
	cloud, err := r.start(temporary, "cloud")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cloud.Close()) }()

	if err := r.step("deploying the base", func() error { return cloud.Deploy(ctx, base) }); err != nil {
		return fmt.Errorf("the base cannot be deployed: %w", err)
	}
	before, err := r.measure(ctx, cloud, base)
	if err != nil {
		return err
	}
	var steps []deployment.Step
	result.Failure = r.step("previewing the working tree", func() error {
		steps, err = cloud.Preview(ctx, r.project)
		return err
	})
	if result.Failure == nil {
		result.Failure = r.step("deploying the working tree", func() error { return cloud.Deploy(ctx, r.project) })
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	after, err := r.measure(ctx, cloud, r.project)
	if err != nil {
		return err
	}
	fill(result, before, after, steps)
	return nil
}

// start starts an empty cloud with files in a new folder.
func (r *reviewer) start(temporary, name string) (*deployment.Cloud, error) {
	return deployment.Start(filepath.Join(temporary, name), map[string]string{"pattern": r.patterns}, r.log, r.kill)
}

// measure reads what is deployed, and lets each part measure it.
func (r *reviewer) measure(ctx context.Context, cloud *deployment.Cloud, project string) ([]apitype.ResourceV3, error) {
	state, err := cloud.State(ctx)
	if err != nil {
		return nil, err
	}
	version := part.Version{Project: project, Cloud: cloud.Cloud, State: state, Resources: change.Resources(state)}
	for _, p := range r.parts {
		if err := p.Measure(ctx, version); err != nil {
			return nil, fmt.Errorf("measuring %s: %w", p.Title(), err)
		}
	}
	return state, nil
}

// fill compares two states.
func fill(result *page.Review, before, after []apitype.ResourceV3, steps []deployment.Step) {
	old, new := change.Resources(before), change.Resources(after)
	var plan []change.Step
	for _, s := range steps {
		step := change.Step{Op: s.Op, URN: s.URN, Reasons: s.ReplaceReasons}
		if s.OldState != nil {
			step.OldURN = string(s.OldState.URN)
		}
		plan = append(plan, step)
	}
	result.Resources = len(new)
	result.Changes = change.Compare(old, new, plan)
	result.OutputsAdded, result.OutputsRemoved = change.Outputs(before, after)
	had, oldErrs := permission.Of(old)
	has, newErrs := permission.Of(new)
	result.Unread = append(oldErrs, newErrs...)
	result.Permissions = permission.Compare(had, has, permission.NamesOf(old, new))
}

// step reports progress.
func (r *reviewer) step(name string, f func() error) error {
	began := time.Now()
	fmt.Fprintf(r.log, "review: %s\n", name)
	err := f()
	if err == nil {
		fmt.Fprintf(r.log, "review: %s took %.1f s\n", name, time.Since(began).Seconds())
	}
	return err
}
