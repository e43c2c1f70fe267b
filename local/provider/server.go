// Package provider is what the Pulumi engine sees of the embedded cloud: the aws provider. It serves the provider
// protocol, pulumirpc.ResourceProvider, over the resource types that the services realise, and refuses every other
// type by name. The CLI attaches to it through PULUMI_DEBUG_PROVIDERS=aws:PORT.
//
// A service declares each type once, as an Object: a struct for inputs and outputs, and functions to check, find,
// create, update and delete. What all types share is here: reading and writing property maps, preview with values that
// are not known yet, replacement, automatic names, and refresh.
package provider

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// Server serves the provider protocol.
type Server struct {
	pulumirpc.UnimplementedResourceProviderServer
	kinds     map[string]Kind
	functions map[string]resource.PropertyMap
	region    string
	inventory inventory
}

// New returns a provider of these resource types, and of functions with their results, whatever the arguments. region is the only one
// that it is in.
func New(region string, kinds []Kind, functions map[string]resource.PropertyMap) *Server {
	s := &Server{kinds: map[string]Kind{}, functions: functions, region: region, inventory: inventory{resources: map[[2]string]Resource{}}}
	for _, k := range kinds {
		s.kinds[k.token()] = k
	}
	return s
}

// Check validates inputs and adds an automatic name.
func (s *Server) Check(_ context.Context, r *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	kind, props, err := s.open(r.GetUrn(), r.GetOlds(), r.GetNews())
	if err != nil {
		return nil, err
	}
	olds, news := props[0], props[1]
	c := &Checker{}
	if auto := kind.autoName(); auto != nil {
		auto.apply(c, r, olds, news)
	}
	if len(c.failures) == 0 {
		c.failures = kind.check(news)
	}
	inputs, err := marshal(news)
	return &pulumirpc.CheckResponse{Failures: c.failures, Inputs: inputs}, err
}

// Diff compares the last inputs with the new ones. After a refresh the last inputs are those that Read returned.
// The engine has already undone the changes that the program ignores.
func (s *Server) Diff(_ context.Context, r *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	kind, props, err := s.open(r.GetUrn(), r.GetOldInputs(), r.GetNews())
	if err != nil {
		return nil, err
	}
	olds, news := props[0], props[1]
	diff := olds.Diff(news, resource.IsInternalPropertyKey)
	resp := &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}
	if diff == nil {
		return resp, nil
	}
	resp.Changes = pulumirpc.DiffResponse_DIFF_SOME
	resp.HasDetailedDiff, resp.DetailedDiff = true, map[string]*pulumirpc.PropertyDiff{}
	properties := kind.properties()
	for _, key := range diff.Keys() {
		if !diff.Changed(key) {
			continue
		}
		change := pulumirpc.PropertyDiff_UPDATE
		switch {
		case diff.Added(key):
			change = pulumirpc.PropertyDiff_ADD
		case diff.Deleted(key):
			change = pulumirpc.PropertyDiff_DELETE
		}
		if properties[key].replace {
			resp.Replaces = append(resp.Replaces, string(key))
			change++ // each kind of change is followed by its replacing form
		}
		resp.Diffs = append(resp.Diffs, string(key))
		resp.DetailedDiff[string(key)] = &pulumirpc.PropertyDiff{Kind: change, InputDiff: true}
	}
	// A resource whose name the program chose cannot stand beside its replacement.
	if auto := kind.autoName(); auto != nil && len(resp.GetReplaces()) > 0 {
		resp.DeleteBeforeReplace = !auto.isDefault(news)
	}
	return resp, nil
}

// Create makes a resource, or in a preview returns what it would be.
func (s *Server) Create(ctx context.Context, r *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	kind, props, err := s.open(r.GetUrn(), r.GetProperties())
	if err != nil {
		return nil, err
	}
	inputs := props[0]
	if r.GetPreview() {
		state, err := marshal(preview(kind, inputs))
		return &pulumirpc.CreateResponse{Properties: state}, err
	}
	id, state, err := kind.create(ctx, inputs)
	if err != nil {
		return nil, fmt.Errorf("creating %s: %w", r.GetUrn(), err)
	}
	s.inventory.put(r.GetUrn(), id, state)
	text, err := marshal(state)
	return &pulumirpc.CreateResponse{Id: id, Properties: text}, err
}

// preview returns the state that creating a resource would give: its inputs, and unknown outputs.
func preview(kind Kind, inputs resource.PropertyMap) resource.PropertyMap {
	state := inputs.Copy()
	for key, p := range kind.properties() {
		if p.output {
			state[key] = resource.MakeComputed(resource.NewStringProperty(""))
		}
	}
	return withAllTags(state)
}

// Read returns a resource as it is, or an empty id if it is gone.
func (s *Server) Read(_ context.Context, r *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	kind, props, err := s.open(r.GetUrn(), r.GetInputs())
	if err != nil {
		return nil, err
	}
	state := kind.read(r.GetId())
	if state == nil {
		return &pulumirpc.ReadResponse{}, nil
	}
	stateProps, err := marshal(state)
	if err != nil {
		return nil, err
	}
	inputs, err := marshal(inputsOf(kind, props[0], state))
	return &pulumirpc.ReadResponse{Id: r.GetId(), Inputs: inputs, Properties: stateProps}, err
}

// inputsOf returns the inputs that would lead to a state: those set before, with their values of now, or for an import
// all that have a value.
func inputsOf(kind Kind, olds, state resource.PropertyMap) resource.PropertyMap {
	inputs := resource.PropertyMap{}
	properties := kind.properties()
	for key, value := range state {
		old, given := olds[key]
		p, declared := properties[key]
		switch {
		case !declared || p.output || (len(olds) > 0 && !given):
		case given && old.DeepEquals(value):
			inputs[key] = old // an archive may be the same and lie elsewhere
		default:
			inputs[key] = value
		}
	}
	if d, ok := olds[defaultsKey]; ok {
		inputs[defaultsKey] = d
	}
	return inputs
}

// Update changes a resource in place, or in a preview returns what it would become.
func (s *Server) Update(ctx context.Context, r *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	kind, props, err := s.open(r.GetUrn(), r.GetOlds(), r.GetNews())
	if err != nil {
		return nil, err
	}
	state, inputs := props[0], props[1]
	if r.GetPreview() {
		for key, p := range kind.properties() {
			if !p.output {
				delete(state, key)
			}
		}
		maps.Copy(state, inputs)
	} else if state, err = kind.update(ctx, r.GetId(), inputs); err != nil {
		return nil, fmt.Errorf("updating %s %q: %w", r.GetUrn(), r.GetId(), err)
	} else {
		s.inventory.put(r.GetUrn(), r.GetId(), state)
	}
	text, err := marshal(state)
	return &pulumirpc.UpdateResponse{Properties: text}, err
}

// Delete removes a resource.
func (s *Server) Delete(ctx context.Context, r *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	kind, _, err := s.open(r.GetUrn())
	if err != nil {
		return nil, err
	}
	if err := kind.delete(ctx, r.GetId()); err != nil {
		return nil, fmt.Errorf("deleting %s %q: %w", r.GetUrn(), r.GetId(), err)
	}
	s.inventory.remove(r.GetUrn(), r.GetId())
	return &emptypb.Empty{}, nil
}

// Invoke returns the result of a function.
func (s *Server) Invoke(_ context.Context, r *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	result, ok := s.functions[r.GetTok()]
	if !ok {
		return nil, status.Errorf(codes.Unimplemented, "the embedded cloud does not implement the function %s; it has %q",
			r.GetTok(), slices.Sorted(maps.Keys(s.functions)))
	}
	ret, err := marshal(result)
	return &pulumirpc.InvokeResponse{Return: ret}, err
}

func (s *Server) open(text string, structs ...*structpb.Struct) (Kind, []resource.PropertyMap, error) {
	u, err := urn.Parse(text)
	if err != nil {
		return nil, nil, fmt.Errorf("parsing URN %q: %w", text, err)
	}
	kind, ok := s.kinds[string(u.Type())]
	if !ok {
		return nil, nil, status.Errorf(codes.Unimplemented,
			"the embedded cloud does not implement the resource type %s; deploy to AWS to use it", u.Type())
	}
	props := make([]resource.PropertyMap, len(structs))
	for i, st := range structs {
		if props[i], err = unmarshal(st); err != nil {
			return nil, nil, err
		}
	}
	return kind, props, nil
}

func unmarshal(s *structpb.Struct) (resource.PropertyMap, error) {
	m, err := plugin.UnmarshalProperties(s, plugin.MarshalOptions{KeepUnknowns: true, SkipNulls: true, ComputeAssetHashes: true})
	if err != nil {
		return nil, fmt.Errorf("reading properties: %w", err)
	}
	return m, nil
}

func marshal(m resource.PropertyMap) (*structpb.Struct, error) {
	return plugin.MarshalProperties(m, plugin.MarshalOptions{KeepUnknowns: true, SkipNulls: true})
}
