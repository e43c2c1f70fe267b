package page

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/review/change"
	"github.com/order-patterns/order-patterns/cmd/review/part"
	"github.com/order-patterns/order-patterns/cmd/review/permission"
)

var update = flag.Bool("update", false, "write the expected pages to testdata")

func TestPages(t *testing.T) {
	resource := func(typ, kind, name string, inputs map[string]any) change.Resource {
		return change.Resource{Type: typ, Kind: kind, Name: name, Inputs: inputs}
	}
	table := resource("aws:dynamodb/table:Table", "table", "orders", nil)
	versions := Review{Base: "main (1234567)", Head: "89abcde", Patterns: "all", Resources: 12}
	everything := versions
	everything.Changes = change.Changes{
		Added: []change.Resource{
			resource("aws:sqs/queue:Queue", "queue", "parcels", map[string]any{"name": "parcels", "visibilityTimeoutSeconds": 180.0, "sqsManagedSseEnabled": true, "tags": map[string]any{"a": "b"}}),
			resource("aws:iam/role:Role", "role", "pack-role", map[string]any{"assumeRolePolicy": "{}"}),
			resource("aws:sqs/queuePolicy:QueuePolicy", "queue policy", "parcels-policy", map[string]any{"queueUrl": "http://127.0.0.1:1234/123456789012/parcels"}),
		},
		Removed: []change.Resource{resource("aws:s3/bucketV2:BucketV2", "bucket", "invoices", nil)},
		Changed: []change.Changed{
			{Resource: resource("", "function", "store-order", nil), Properties: []change.Property{{Path: "memorySize", Before: 256.0, After: 512.0}}},
			{Resource: resource("", "role policy", "store", nil), Properties: []change.Property{{Path: "policy.Statement[0].Action", Before: "a", After: "b"}, {Path: "policy.Statement[1]", After: "b"}}},
			{Resource: resource("", "function", "get-order", nil), Properties: []change.Property{{Path: "memorySize", Before: 256.0, After: 512.0}}},
			{Resource: resource("", "function", "other", nil), Renamed: "another", Properties: []change.Property{{Path: "timeout", Before: 3.0}}},
		},
		Replaced: []change.Replaced{{Reasons: []string{"hashKey"}, Changed: change.Changed{Resource: table, Properties: []change.Property{{Path: "hashKey", Before: "a", After: "b"}}}}},
		Code:     []string{"get-order", "store-order"},
		Follow:   1,
	}
	everything.OutputsAdded, everything.OutputsRemoved = []string{"fanout.parcels"}, []string{"fanout.bucket"}
	everything.Permissions = []permission.Difference{{Widening: true, Sentence: "The role `r` may now use `a:*`."}, {Sentence: "The role `s` is removed, with its policies."}}
	everything.Unread = []error{errors.New("policy of the role t:\nis not valid")}
	everything.Parts = []Part{{"Policy", part.Section{Markdown: "No new finding."}}, {"Cost", part.Section{Markdown: "More.\n", Summary: "1 % dearer"}}}
	code := versions
	code.Changes.Code = []string{"get-order"}
	failed := versions
	failed.Failure = errors.New("pulumi up: exit status 255\nerror: table orders: a name is needed")
	anew := code
	anew.Anew = failed.Failure
	for name, r := range map[string]Review{"everything": everything, "nothing": versions, "code": code, "failed": failed, "anew": anew} {
		t.Run(name, func(t *testing.T) {
			var page bytes.Buffer
			require.NoError(t, r.Write(&page))
			file := filepath.Join("testdata", name+".md")
			if *update {
				require.NoError(t, os.WriteFile(file, page.Bytes(), 0o644))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, string(want), page.String())
		})
	}
}

func TestPlurals(t *testing.T) {
	require.Equal(t, "1 role policy", plural(1, "role policy"))
	require.Equal(t, "2 role policies", plural(2, "role policy"))
	require.Equal(t, "0 keys", plural(0, "key"))
}
