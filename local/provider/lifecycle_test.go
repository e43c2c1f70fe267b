package provider_test

import (
	"archive/zip"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func (e engine) diff(kind string, olds, news map[string]any) *pulumirpc.DiffResponse {
	e.t.Helper()
	out, err := e.Diff(e.t.Context(), &pulumirpc.DiffRequest{Urn: urn(kind), Id: "id", OldInputs: props(e.t, olds), News: props(e.t, news)})
	require.NoError(e.t, err)
	return out
}

func TestDiff(t *testing.T) {
	e := connect(t, things{})
	auto := []any{"name"}
	for _, c := range []struct {
		name        string
		kind        string
		olds, news  map[string]any
		want        map[string]pulumirpc.PropertyDiff_Kind
		deleteFirst bool
	}{
		{name: "nothing", olds: map[string]any{"size": 1}, news: map[string]any{"size": 1}},
		{name: "who chose the name is not a change", olds: map[string]any{"name": "n", "__defaults": auto}, news: map[string]any{"name": "n", "__defaults": []any{}}},
		{name: "an update", olds: map[string]any{"size": 1, "on": true}, news: map[string]any{"size": 2, "rate": 1},
			want: map[string]pulumirpc.PropertyDiff_Kind{"size": pulumirpc.PropertyDiff_UPDATE, "on": pulumirpc.PropertyDiff_DELETE, "rate": pulumirpc.PropertyDiff_ADD}},
		{name: "an update within", olds: map[string]any{"tags": map[string]any{"a": "1"}}, news: map[string]any{"tags": map[string]any{"a": "2"}},
			want: map[string]pulumirpc.PropertyDiff_Kind{"tags": pulumirpc.PropertyDiff_UPDATE}},
		{name: "a value that is not known yet may change", olds: map[string]any{"required": "x"}, news: map[string]any{"required": unknown},
			want: map[string]pulumirpc.PropertyDiff_Kind{"required": pulumirpc.PropertyDiff_UPDATE}},
		{name: "a replacement beside what has a name of ours", olds: map[string]any{"name": "n", "kind": "a", "__defaults": auto},
			news: map[string]any{"name": "n", "kind": "b", "__defaults": auto},
			want: map[string]pulumirpc.PropertyDiff_Kind{"kind": pulumirpc.PropertyDiff_UPDATE_REPLACE}},
		{name: "a replacement of what has a name of the program's", olds: map[string]any{"name": "n", "kind": "a"}, news: map[string]any{"name": "n", "size": 1},
			want:        map[string]pulumirpc.PropertyDiff_Kind{"kind": pulumirpc.PropertyDiff_DELETE_REPLACE, "size": pulumirpc.PropertyDiff_ADD},
			deleteFirst: true},
		{name: "another name", olds: map[string]any{"name": "n"}, news: map[string]any{"name": "m"},
			want: map[string]pulumirpc.PropertyDiff_Kind{"name": pulumirpc.PropertyDiff_UPDATE_REPLACE}, deleteFirst: true},
		{name: "every change of what cannot be updated", kind: fixedType, olds: map[string]any{}, news: map[string]any{"value": "x"},
			want: map[string]pulumirpc.PropertyDiff_Kind{"value": pulumirpc.PropertyDiff_ADD_REPLACE}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.kind == "" {
				c.kind = thingType
			}
			out := e.diff(c.kind, c.olds, c.news)
			var got map[string]pulumirpc.PropertyDiff_Kind
			replaces := 0
			for key, d := range out.GetDetailedDiff() {
				if got == nil {
					got = map[string]pulumirpc.PropertyDiff_Kind{}
				}
				got[key] = d.GetKind()
				if d.GetKind()%2 == 1 {
					replaces++
					require.Contains(t, out.GetReplaces(), key)
				}
			}
			require.Equal(t, c.want, got)
			require.Len(t, out.GetReplaces(), replaces)
			require.Len(t, out.GetDiffs(), len(c.want))
			require.Equal(t, len(c.want) > 0, out.GetChanges() == pulumirpc.DiffResponse_DIFF_SOME)
			require.Equal(t, c.deleteFirst, out.GetDeleteBeforeReplace())
		})
	}
}

// zipped writes a zip whose only file has this content.
func zipped(t *testing.T, content string) *archive.Archive {
	t.Helper()
	path := filepath.Join(t.TempDir(), "code.zip")
	f, err := os.Create(path)
	require.NoError(t, err)
	z := zip.NewWriter(f)
	w, err := z.Create("bootstrap")
	require.NoError(t, err)
	_, err = w.Write([]byte(content))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	require.NoError(t, f.Close())
	a, err := archive.FromPath(path)
	require.NoError(t, err)
	return a
}

func TestArchivesCompareByContentNotByPath(t *testing.T) {
	ts := things{}
	e := connect(t, ts)
	one, same, other := zipped(t, "one"), zipped(t, "one"), zipped(t, "other")
	require.NotEqual(t, one.Path, same.Path)
	require.Equal(t, pulumirpc.DiffResponse_DIFF_NONE, e.diff(thingType, map[string]any{"code": one}, map[string]any{"code": same}).GetChanges())
	require.Equal(t, []string{"code"}, e.diff(thingType, map[string]any{"code": one}, map[string]any{"code": other}).GetDiffs())

	created := e.create(thingType, map[string]any{"required": "x", "code": one})
	require.Equal(t, one.Path, ts[created.GetId()].Code.Path)
	state := read(t, created.GetProperties())["code"].ArchiveValue()
	require.Equal(t, one.Hash, state.Hash)

	// A refresh of a checkout elsewhere keeps that checkout's path.
	out, err := e.Read(t.Context(), &pulumirpc.ReadRequest{Id: created.GetId(), Urn: urn(thingType),
		Inputs: props(t, map[string]any{"required": "x", "code": same}), Properties: created.GetProperties()})
	require.NoError(t, err)
	require.Equal(t, same.Path, read(t, out.GetInputs())["code"].ArchiveValue().Path)
}

func TestCreateUpdateDelete(t *testing.T) {
	ts := things{}
	e := connect(t, ts)
	created := e.create(thingType, map[string]any{"required": "x", "size": 3, "rate": 0.5, "on": false, "list": []any{"a", "b"},
		"tags": map[string]any{"k": "v"}, "part": map[string]any{"depth": 2, "label": "l"}})
	id := created.GetId()
	require.Regexp(t, `^logical-`, id)
	want := map[string]any{"name": id, "required": "x", "size": 3.0, "rate": 0.5, "on": false, "list": []any{"a", "b"},
		"tags": map[string]any{"k": "v"}, "part": map[string]any{"depth": 2.0, "label": "l"}, "arn": "arn:" + id, "tagsAll": map[string]any{"k": "v"}}
	require.Empty(t, cmp.Diff(want, read(t, created.GetProperties()).Mappable()))
	require.Equal(t, 2, ts[id].Part.Depth)

	updated, err := e.Update(t.Context(), &pulumirpc.UpdateRequest{Id: id, Urn: urn(thingType), Olds: created.GetProperties(),
		News: props(t, map[string]any{"name": id, "required": "y"})})
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(map[string]any{"name": id, "required": "y", "arn": "arn:" + id}, read(t, updated.GetProperties()).Mappable()))
	require.Nil(t, ts[id].Size)

	_, err = e.Delete(t.Context(), &pulumirpc.DeleteRequest{Id: id, Urn: urn(thingType)})
	require.NoError(t, err)
	require.Empty(t, ts)
	out, err := e.Read(t.Context(), &pulumirpc.ReadRequest{Id: id, Urn: urn(thingType)})
	require.NoError(t, err)
	require.Empty(t, out.GetId(), "gone")
	_, err = e.Delete(t.Context(), &pulumirpc.DeleteRequest{Id: id, Urn: urn(thingType)})
	require.NoError(t, err, "deleting what is gone")
}

func TestPreviewHasInputsAndUnknownOutputs(t *testing.T) {
	ts := things{}
	e := connect(t, ts)
	checked := e.check(thingType, nil, map[string]any{"required": "x", "size": unknown})
	created, err := e.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn(thingType), Properties: checked.GetInputs(), Preview: true})
	require.NoError(t, err)
	require.Empty(t, created.GetId())
	state := read(t, created.GetProperties())
	require.Equal(t, "x", state["required"].StringValue())
	require.Regexp(t, `^logical-`, state["name"].StringValue())
	require.True(t, state["arn"].IsComputed())
	require.True(t, state["size"].IsComputed())
	require.NotContains(t, state, resource.PropertyKey("kind"), "an input that was not given")

	updated, err := e.Update(t.Context(), &pulumirpc.UpdateRequest{Id: "id", Urn: urn(thingType), Preview: true,
		Olds: props(t, map[string]any{"name": "n", "required": "x", "on": true, "arn": "arn:n"}),
		News: props(t, map[string]any{"name": "n", "required": unknown})})
	require.NoError(t, err)
	state = read(t, updated.GetProperties())
	require.Equal(t, "arn:n", state["arn"].StringValue(), "what an update leaves as it is")
	require.True(t, state["required"].IsComputed())
	require.NotContains(t, state, resource.PropertyKey("on"), "an input that is no longer given")
	require.Empty(t, ts, "a preview makes nothing")
}

func TestRefreshReportsDriftOfInputs(t *testing.T) {
	ts := things{}
	e := connect(t, ts)
	inputs := map[string]any{"required": "x", "size": 3, "tags": map[string]any{"k": "v"}}
	checked := e.check(thingType, nil, inputs)
	created := e.create(thingType, inputs)
	id := created.GetId()
	refresh := func() map[string]any {
		out, err := e.Read(t.Context(), &pulumirpc.ReadRequest{Id: id, Urn: urn(thingType), Inputs: checked.GetInputs(), Properties: created.GetProperties()})
		require.NoError(t, err)
		require.Equal(t, id, out.GetId())
		return read(t, out.GetInputs()).Mappable()
	}
	require.Equal(t, pulumirpc.DiffResponse_DIFF_NONE, e.diff(thingType, refresh(), read(t, checked.GetInputs()).Mappable()).GetChanges())

	// Somebody changes one property, takes one away, and sets one of which the program says nothing.
	size, on := 4, true
	thing := ts[id]
	thing.Size, thing.Tags, thing.On = &size, nil, &on
	ts[id] = thing
	require.ElementsMatch(t, []string{"size", "tags"}, e.diff(thingType, refresh(), read(t, checked.GetInputs()).Mappable()).GetDiffs())
}

func TestImportReturnsEveryInput(t *testing.T) {
	ts := things{}
	e := connect(t, ts)
	id := e.create(thingType, map[string]any{"required": "x", "size": 3}).GetId()
	out, err := e.Read(t.Context(), &pulumirpc.ReadRequest{Id: id, Urn: urn(thingType)})
	require.NoError(t, err)
	require.Equal(t, map[string]any{"name": id, "required": "x", "size": 3.0}, read(t, out.GetInputs()).Mappable())
}

func TestErrorsNameActionAndResource(t *testing.T) {
	e := connect(t, things{})
	_, err := e.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn(thingType), Properties: props(t, map[string]any{"name": "n", "required": "refuse"})})
	require.ErrorContains(t, err, "creating "+urn(thingType)+": LimitExceeded: too many things")
	_, err = e.Update(t.Context(), &pulumirpc.UpdateRequest{Id: "gone", Urn: urn(thingType), News: props(t, map[string]any{"name": "gone", "required": "x"})})
	require.ErrorContains(t, err, "updating "+urn(thingType)+` "gone": NoSuchThing: gone`)
	_, err = e.Delete(t.Context(), &pulumirpc.DeleteRequest{Id: "id", Urn: urn(fixedType)})
	require.ErrorContains(t, err, "deleting "+urn(fixedType)+` "id": in use`)

	// What Check would have refused does not get through.
	_, err = e.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn(thingType), Properties: props(t, map[string]any{"name": "n"})})
	require.ErrorContains(t, err, "required is required")
	_, err = e.Update(t.Context(), &pulumirpc.UpdateRequest{Id: "n", Urn: urn(thingType), News: props(t, map[string]any{"name": "n", "required": unknown})})
	require.ErrorContains(t, err, "required is still unknown")
}

func TestUnknownTypesAndFunctionsAreRefusedByName(t *testing.T) {
	e := connect(t, things{})
	const vpc = "aws:ec2/vpc:Vpc"
	calls := map[string]func() error{
		"Check": func() error { _, err := e.Check(t.Context(), &pulumirpc.CheckRequest{Urn: urn(vpc)}); return err },
		"Diff":  func() error { _, err := e.Diff(t.Context(), &pulumirpc.DiffRequest{Urn: urn(vpc)}); return err },
		"Create": func() error {
			_, err := e.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn(vpc)})
			return err
		},
		"Read":   func() error { _, err := e.Read(t.Context(), &pulumirpc.ReadRequest{Urn: urn(vpc)}); return err },
		"Update": func() error { _, err := e.Update(t.Context(), &pulumirpc.UpdateRequest{Urn: urn(vpc)}); return err },
		"Delete": func() error { _, err := e.Delete(t.Context(), &pulumirpc.DeleteRequest{Urn: urn(vpc)}); return err },
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			err := call()
			require.Equal(t, codes.Unimplemented, status.Code(err))
			require.ErrorContains(t, err, "resource type "+vpc)
		})
	}
	_, err := e.Invoke(t.Context(), &pulumirpc.InvokeRequest{Tok: "aws:ec2/getAmi:getAmi"})
	require.Equal(t, codes.Unimplemented, status.Code(err))
	require.ErrorContains(t, err, `function aws:ec2/getAmi:getAmi; it has ["aws:index/getThing:getThing"]`)
	_, err = e.Check(t.Context(), &pulumirpc.CheckRequest{Urn: "Logical"})
	require.ErrorContains(t, err, `parsing URN "Logical"`)
}

func TestInvoke(t *testing.T) {
	e := connect(t, things{})
	out, err := e.Invoke(t.Context(), &pulumirpc.InvokeRequest{Tok: "aws:index/getThing:getThing", Args: props(t, map[string]any{"say": "hello"})})
	require.NoError(t, err)
	require.Equal(t, "hello", read(t, out.GetReturn())["echo"].StringValue())
}
