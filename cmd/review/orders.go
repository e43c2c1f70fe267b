package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/order-patterns/order-patterns/cmd/client/localstack"
	"github.com/order-patterns/order-patterns/cmd/client/meter"
	"github.com/order-patterns/order-patterns/cmd/client/rounds"
	"github.com/order-patterns/order-patterns/cmd/review/deployment"
	"github.com/order-patterns/order-patterns/cmd/review/loadtest"
	"github.com/order-patterns/order-patterns/cmd/review/page"
)

// undeployable is why no orders can be placed.
const undeployable = "the change cannot be deployed"

// placeOrders deploys both versions to empty clouds, and places orders in the patterns that differ. The head is deployed in any case: a
// change that can be made to a deployment may fail where there is none.
func (r *reviewer) placeOrders(ctx context.Context, result *page.Review, temporary, base string) (err error) {
	if result.Failure != nil {
		r.load.Without = undeployable
		return nil
	}
	if result.Nothing() {
		return nil
	}
	head, err := r.start(temporary, "head-cloud")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, head.Close()) }()
	after, err := r.deployAnew(ctx, "the working tree", head, r.project)
	if err != nil && ctx.Err() == nil {
		r.load.Without, result.Anew = undeployable, err
		return nil
	}
	if err != nil {
		return err
	}
	if r.rounds == 0 {
		r.load.Without = "--rounds is 0"
		return nil
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(after.Outputs)) {
		if result.Changes.Touches(name) {
			names = append(names, name)
		} else {
			r.load.Same = append(r.load.Same, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	cloud, err := r.start(temporary, "base-cloud")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cloud.Close()) }()
	before, err := r.deployAnew(ctx, "the base", cloud, base)
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, both := before.Outputs[name]; !both {
			r.load.New = append(r.load.New, name)
			continue
		}
		if err := r.step("placing orders in "+name, func() error {
			compared, err := loadtest.Compare(ctx, name, r.rounds, before, after)
			r.load.Results = append(r.load.Results, compared)
			return err
		}); err != nil {
			return fmt.Errorf("placing orders in %s: %w", name, err)
		}
	}
	return nil
}

// deployAnew deploys a version to an empty cloud.
func (r *reviewer) deployAnew(ctx context.Context, version string, cloud *deployment.Cloud, project string) (d loadtest.Deployment, err error) {
	if err := r.step("deploying "+version+" to an empty cloud", func() error { return cloud.Deploy(ctx, project) }); err != nil {
		return d, err
	}
	outputs, err := cloud.Outputs(ctx)
	if err != nil {
		return d, err
	}
	if d.Outputs, err = patternsOf(outputs); err != nil {
		return d, err
	}
	state, err := cloud.Export(ctx)
	if err != nil {
		return d, err
	}
	d.Resources, err = meter.ReadState(state)
	d.Cloud = localstack.Cloud{Endpoint: cloud.Endpoint, AccessKeyID: cloud.Admin.AccessKeyID, SecretAccessKey: cloud.Admin.SecretAccessKey}
	return d, err
}

// patternsOf returns the outputs of the patterns, which are those with the URL of an API.
func patternsOf(outputs []byte) (map[string]rounds.Outputs, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(outputs, &all); err != nil {
		return nil, fmt.Errorf("reading the stack's outputs: %w", err)
	}
	patterns := map[string]rounds.Outputs{}
	for name, text := range all {
		var o rounds.Outputs
		if json.Unmarshal(text, &o) == nil && o.URL != "" {
			patterns[name] = o
		}
	}
	return patterns, nil
}
