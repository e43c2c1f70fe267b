package components_test

import (
	"archive/zip"
	"bytes"
	"debug/elf"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/components"
)

func TestFanOutRefusesBadArgumentsAndRegistersNothing(t *testing.T) {
	type args = components.FanOutArgs
	// rewrite replaces one of the packages.
	rewrite := func(name, file string, mode os.FileMode, content []byte) func(*args) {
		return func(a *args) { writePackage(t, a.Common.Packages, name, file, mode, content) }
	}
	// damage changes one of the packages. Their files are not compressed.
	damage := func(name string, change func(zip []byte) []byte) func(*args) {
		return func(a *args) {
			var b bytes.Buffer
			z := zip.NewWriter(&b)
			h := &zip.FileHeader{Name: "bootstrap", Method: zip.Store}
			h.SetMode(0o755)
			w, err := z.CreateHeader(h)
			require.NoError(t, err)
			_, err = w.Write(append(executable(elf.EM_AARCH64), "a text in the middle"...))
			require.NoError(t, err)
			require.NoError(t, z.Close())
			require.NoError(t, os.WriteFile(filepath.Join(a.Common.Packages, name+".zip"), change(b.Bytes()), 0o600))
		}
	}
	for _, c := range []struct {
		name string
		edit func(*args)
		want []string
	}{
		{"memory", func(a *args) {
			a.Orders.Functions = map[string]components.Function{"publish-order": {MemoryMB: pulumi.Int(127)}}
		}, []string{"Orders.Functions.publish-order.MemoryMB: must be from 128 to 10240, got 127"}},
		{"timeout", func(a *args) {
			a.Orders.Functions = map[string]components.Function{"store-order": {TimeoutSeconds: pulumi.Int(901)}}
		}, []string{"Orders.Functions.store-order.TimeoutSeconds: must be from 1 to 900, got 901"}},
		{"concurrency", func(a *args) {
			a.Orders.Functions = map[string]components.Function{"get-order": {ReservedConcurrency: pulumi.Int(-1)}}
		}, []string{"Orders.Functions.get-order.ReservedConcurrency: must be from 0 to 1000, got -1"}},
		{"batch size", func(a *args) { a.Orders.StoreQueue.BatchSize = pulumi.Int(10001) }, []string{"Orders.StoreQueue.BatchSize: must be from 1 to 10000, got 10001"}},
		{"a large batch without a window", func(a *args) { a.Orders.InvoiceQueue.BatchSize = pulumi.Int(11) },
			[]string{"Orders.InvoiceQueue.BatchingWindowSeconds: must be at least 1 if BatchSize is above 10, got BatchSize 11"}},
		{"window", func(a *args) { a.Orders.StoreQueue.BatchingWindowSeconds = pulumi.Int(301) }, []string{"Orders.StoreQueue.BatchingWindowSeconds: must be from 0 to 300, got 301"}},
		{"maximum concurrency", func(a *args) { a.Orders.StoreQueue.MaximumConcurrency = pulumi.Int(1) }, []string{"Orders.StoreQueue.MaximumConcurrency: must be from 2 to 1000, got 1"}},
		{"receives", func(a *args) { a.Orders.StoreQueue.MaxReceiveCount = pulumi.Int(1001) }, []string{"Orders.StoreQueue.MaxReceiveCount: must be from 1 to 1000, got 1001"}},
		{"retention of dead letters", func(a *args) { a.Orders.InvoiceQueue.RetentionDays = pulumi.Int(15) }, []string{"Orders.InvoiceQueue.RetentionDays: must be from 1 to 14, got 15"}},
		{"dead letters kept for less long than their source keeps them", func(a *args) { a.Orders.StoreQueue.RetentionDays = pulumi.Int(13) },
			[]string{"Orders.StoreQueue.RetentionDays: must be at least 14, got 13: a message keeps its age, and its queue keeps it for 14 days"}},
		{"write units without read units", func(a *args) { a.Orders.Capacity.WriteUnits = pulumi.Int(5) }, []string{"Orders.Capacity: must have both ReadUnits and WriteUnits, or neither"}},
		{"write units", func(a *args) {
			a.Orders.Capacity = components.TableCapacity{ReadUnits: pulumi.Int(1), WriteUnits: pulumi.Int(40001)}
		},
			[]string{"Orders.Capacity.WriteUnits: must be from 1 to 40000, got 40001"}},
		{"a maximum of units that are not provisioned", func(a *args) { a.Orders.Capacity.MaxWriteUnits = pulumi.Int(5) }, []string{"Orders.Capacity.MaxWriteUnits: requires WriteUnits"}},
		{"a maximum below the units", func(a *args) {
			a.Orders.Capacity = components.TableCapacity{ReadUnits: pulumi.Int(9), WriteUnits: pulumi.Int(9), MaxReadUnits: pulumi.Int(8), MaxWriteUnits: pulumi.Int(40001)}
		}, []string{"Orders.Capacity.MaxReadUnits: must be at least ReadUnits, which is 9, got 8", "Orders.Capacity.MaxWriteUnits: must be from 1 to 40000, got 40001"}},
		{"a target without scaling", func(a *args) { a.Orders.Capacity.TargetUtilization = pulumi.Int(91) },
			[]string{"Orders.Capacity.TargetUtilization: is accepted only with MaxReadUnits or MaxWriteUnits", "Orders.Capacity.TargetUtilization: must be from 20 to 90, got 91"}},
		{"rate", func(a *args) { a.Api.RateLimit = pulumi.Int(10001) }, []string{"Api.RateLimit: must be from 1 to 10000, got 10001"}},
		{"burst", func(a *args) { a.Api.BurstLimit = pulumi.Int(-5) }, []string{"Api.BurstLimit: must be from 1 to 5000, got -5"}},
		{"log retention", func(a *args) { a.Common.LogRetentionDays = pulumi.Int(31) }, []string{"Common.LogRetentionDays: must be one of [1 3 5 7 14 30 60", "got 31"}},
		{"an origin without a scheme", func(a *args) { a.Api.AllowOrigin = pulumi.String("shop.example.com") }, []string{`Api.AllowOrigin: must be * or an origin`, `got "shop.example.com"`}},
		{"an origin with a path", func(a *args) { a.Api.AllowOrigin = pulumi.String("https://shop.example.com/") }, []string{"without a path"}},
		{"an origin that would break out of its quotes", func(a *args) { a.Api.AllowOrigin = pulumi.String("https://x'y") }, []string{"Api.AllowOrigin"}},
		{"an account without access logs", func(a *args) {
			a.Api.AccessLogs, a.Api.AccountRoleArn = pulumi.BoolRef(false), pulumi.String("arn:role")
		}, []string{"Api.AccountRoleArn: is accepted only with AccessLogs"}},
		{"a bucket for code that is not in S3", func(a *args) { a.Common.CodeBucket = pulumi.String("b") },
			[]string{"Common.CodeBucket: is accepted only with CodeFromS3"}},
		{"a tag's key", func(a *args) {
			a.Common.Tags = pulumi.StringMap{strings.Repeat("é", 129): pulumi.String(""), "aws:team": pulumi.String("coffee")}
		}, []string{"Common.Tags: a key must not begin with aws:, which is reserved", "a key must have 1 to 128 characters, got 129"}},
		{"a tag's value", func(a *args) { a.Common.Tags = pulumi.StringMap{"team": pulumi.String(strings.Repeat("x", 257))} },
			[]string{`Common.Tags: the value of "team" must have at most 256 characters, got 257`}},
		{"51 tags", func(a *args) {
			tags := pulumi.StringMap{}
			for i := range 51 {
				tags[fmt.Sprint(i)] = pulumi.String("")
			}
			a.Common.Tags = tags
		}, []string{"Common.Tags: must be at most 50, got 51"}},
		{"architecture", func(a *args) { a.Common.Architecture = "mips" }, []string{`Common.Architecture: must be one of ["arm64" "x86_64"], got "mips"`}},

		{"a missing package", func(a *args) { require.NoError(t, os.Remove(filepath.Join(a.Common.Packages, "store-order.zip"))) },
			[]string{"Common.Packages: no package at /", "/store-order.zip: run `make build`"}},
		{"a package that is no zip", func(a *args) {
			require.NoError(t, os.WriteFile(filepath.Join(a.Common.Packages, "get-order.zip"), []byte("x"), 0o600))
		}, []string{"/get-order.zip cannot be read: zip: not a valid zip file: run `make build`"}},
		{"a package that was cut off", damage("store-order", func(zip []byte) []byte { return zip[:len(zip)/2] }),
			[]string{"/store-order.zip cannot be read: zip: not a valid zip file: run `make build`"}},
		{"a package that is damaged in the middle", damage("store-order", func(zip []byte) []byte {
			middle := bytes.Index(zip, []byte("a text in the middle"))
			zip[middle]++
			return zip
		}), []string{"Common.Packages: package /", "/store-order.zip is damaged: bootstrap: zip: checksum error: run `make build`"}},
		{"a package without bootstrap", rewrite("get-order", "get-order", 0o755, executable(elf.EM_AARCH64)), []string{"/get-order.zip has no file named bootstrap: run `make build`"}},
		{"bootstrap in a folder", rewrite("get-order", "bin/bootstrap", 0o755, executable(elf.EM_AARCH64)), []string{"has no file named bootstrap"}},
		{"bootstrap that is not executable", rewrite("write-invoice", "bootstrap", 0o644, executable(elf.EM_AARCH64)),
			[]string{"Common.Packages: bootstrap in /", "/write-invoice.zip is not executable: run `make build`"}},
		{"bootstrap for another kind of processor", rewrite("publish-order", "bootstrap", 0o755, executable(elf.EM_RISCV)), []string{"is not an executable for arm64 or x86_64"}},
		{"bootstrap that is a script", rewrite("publish-order", "bootstrap", 0o755, []byte("#!/bin/sh\necho it is a script\n")), []string{"is not an executable for arm64 or x86_64"}},
		{"bootstrap that is empty", rewrite("publish-order", "bootstrap", 0o755, nil), []string{"reading its header"}},
		{"packages for another architecture", func(a *args) { a.Common.Architecture = components.X8664 },
			[]string{"/publish-order.zip was built for arm64, not for x86_64", "/get-invoice.zip was built for arm64, not for x86_64"}},
		{"packages of both architectures", rewrite("write-invoice", "bootstrap", 0o755, executable(elf.EM_X86_64)), []string{"/write-invoice.zip was built for x86_64, not for arm64"}},
		{"no packages where they are by default", func(a *args) { a.Common.Packages, a.Common.Architecture = "", components.X8664 },
			[]string{"/build/x86_64/publish-order.zip: run `make build`", "/build/x86_64/get-invoice.zip: run `make build`"}},

		{"everything at once", func(a *args) {
			bad := components.Function{MemoryMB: pulumi.Int(1)}
			a.Orders.Functions = map[string]components.Function{"publish-order": bad, "store-order": bad, "write-invoice": bad, "get-order": bad}
			a.Orders.StoreQueue.BatchSize, a.Orders.InvoiceQueue.BatchSize = pulumi.Int(-1), pulumi.Int(-1)
			a.Api.RateLimit, a.Api.AllowOrigin, a.Common.LogRetentionDays = pulumi.Int(-1), pulumi.String("x"), pulumi.Int(2)
			a.Common.Architecture = "mips"
			require.NoError(t, os.Remove(filepath.Join(a.Common.Packages, "get-order.zip")))
		}, []string{
			"Orders.Functions.publish-order.MemoryMB", "Orders.Functions.store-order.MemoryMB", "Orders.Functions.write-invoice.MemoryMB", "Orders.Functions.get-order.MemoryMB", "Orders.StoreQueue.BatchSize", "Orders.InvoiceQueue.BatchSize",
			"Api.RateLimit", "Api.AllowOrigin", "Common.LogRetentionDays", "Common.Architecture", "get-order.zip",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := &args{Authorizer: open, Common: inFolder(t), Orders: &components.FanOutOrders{}}
			c.edit(a)
			refuses(t, components.NewFanOut, "FanOut", "fanout", a, c.want)
		})
	}
}

func TestOrderApiRefusesBadArgumentsAndRegistersNothing(t *testing.T) {
	ok := []components.Response{{Status: 200}}
	fn := &components.FunctionTarget{Name: pulumi.String("fn"), InvokeArn: pulumi.String("arn:fn")}
	machine := pulumi.String("arn:machine")
	const body = `{"type": "object"}`
	answers := []components.Response{{Status: 202}, {Status: 413}, {Status: 500}, {Status: 503}}
	into := func(edit func(*components.Route)) *components.OrderApiArgs {
		r := components.Route{
			Method: "POST", Path: "/a", Body: body, Responses: answers,
			Execution: &components.Execution{StateMachineArn: machine, IdPath: "$.id"},
		}
		edit(&r)
		return &components.OrderApiArgs{Authorizer: open, Routes: []components.Route{r}}
	}
	for _, c := range []struct {
		name string
		args *components.OrderApiArgs
		want []string
	}{
		{"no arguments", nil, []string{"Routes: at least one is required"}},
		{"an empty route", &components.OrderApiArgs{Authorizer: open, Routes: []components.Route{{}}}, []string{
			`Routes[0].Method: must be one of ["GET" "POST" "PUT" "PATCH" "DELETE" "HEAD"], got ""`, `Routes[0].Path: must be like /order`,
			"Routes[0]: must have one of Run, Function and Execution, got 0",
		}},
		{"methods and paths that are none", &components.OrderApiArgs{Authorizer: open, Routes: []components.Route{
			{Method: "OPTIONS", Path: "order", Function: fn, Responses: ok}, {Method: "get", Path: "/a/", Function: fn, Responses: ok},
			{Method: "GET", Path: "/a/{b", Function: fn, Responses: ok},
		}}, []string{`Routes[0].Method`, `Routes[0].Path`, `Routes[1].Method`, `Routes[1].Path`, `Routes[2].Path`}},
		{"a route twice", &components.OrderApiArgs{Authorizer: open, Routes: []components.Route{
			{Method: "GET", Path: "/a", Function: fn, Responses: ok}, {Method: "POST", Path: "/a", Function: fn, Responses: ok},
			{Method: "GET", Path: "/a", Function: fn, Responses: ok},
		}}, []string{"Routes[2]: GET /a matches the same requests as Routes[0]"}},
		{"routes whose resources would have the same names", &components.OrderApiArgs{Authorizer: open, Routes: []components.Route{
			{Method: "GET", Path: "/order/{id}", Function: fn, Responses: ok}, {Method: "GET", Path: "/order/id", Function: fn, Responses: ok},
		}}, []string{"Routes[1]: GET /order/id matches the same requests as Routes[0]"}},
		{"a response without a status, a parameter without a name", &components.OrderApiArgs{Authorizer: open, Routes: []components.Route{
			{Method: "GET", Path: "/a", Function: fn, Responses: []components.Response{{Status: 200}, {}}, Query: []components.Parameter{{}}},
		}}, []string{"Routes[0].Responses[1].Status: must be from 200 to 599, got 0", "Routes[0].Query[0].Name: is required"}},
		{"a route that leads nowhere", into(func(r *components.Route) { r.Execution = nil }),
			[]string{"Routes[0]: must have one of Run, Function and Execution, got 0"}},
		{"a route that leads to both", into(func(r *components.Route) { r.Function, r.Execution.IdPath = fn, "id" }),
			[]string{"Routes[0]: must have one of Run, Function and Execution, got 2", "Routes[0].Execution.IdPath"}},
		{"an empty execution", into(func(r *components.Route) { r.Execution = &components.Execution{} }), []string{
			"Routes[0].Execution.StateMachineArn: is required",
		}},
		{"a path that is more than members", into(func(r *components.Route) { r.Execution.IdPath = "$.ids[0]" }), []string{`Routes[0].Execution.IdPath: must be a path such as $.order.orderid, got "$.ids[0]"`}},
		{"a path that would break out of its quotes", into(func(r *components.Route) { r.Execution.IdPath = "$.a')" }), []string{"Routes[0].Execution.IdPath"}},
		{"a path of something else", into(func(r *components.Route) { r.Execution.IdPath = "order" }), []string{"Routes[0].Execution.IdPath"}},
		{"an account that would break out of its quotes", into(func(r *components.Route) { r.Execution.AccountPath = "$.a')" }),
			[]string{`Routes[0].Execution.AccountPath: must be a path such as $.order.accountid, got "$.a')"`}},
		{"an execution whose name nobody checks", into(func(r *components.Route) { r.Body = "" }), []string{"Routes[0].Body: is required with Execution"}},
		{"an execution whose answers are not declared", into(func(r *components.Route) { r.Responses = ok }), []string{
			"Routes[0].Responses: must have 202", "Routes[0].Responses: must have 413", "Routes[0].Responses: must have 500", "Routes[0].Responses: must have 503",
		}},
		{"rules that would break out of their quotes", into(func(r *components.Route) { r.BodyRules = `An "order"` }), []string{`Routes[0].BodyRules: must have letters, digits`}},
		{"rules that would be a variable", into(func(r *components.Route) { r.BodyRules = "$context.path" }), []string{"Routes[0].BodyRules"}},
		{"rules on two lines", into(func(r *components.Route) { r.BodyRules = "a\nb" }), []string{"Routes[0].BodyRules"}},
		{"rules that escape", into(func(r *components.Route) { r.BodyRules = `a\` }), []string{"Routes[0].BodyRules"}},
		{"settings", &components.OrderApiArgs{
			Authorizer: open,
			Routes:     []components.Route{{Method: "GET", Path: "/a", Function: fn, Responses: ok}},
			Settings:   components.ApiSettings{RateLimit: pulumi.Int(-1), BurstLimit: pulumi.Int(5001), AllowOrigin: pulumi.String("ftp://x")}, Common: components.Common{LogRetentionDays: pulumi.Int(2)},
		}, []string{"Settings.RateLimit: must", "Settings.BurstLimit: must", "\nCommon.LogRetentionDays: must", "Settings.AllowOrigin: must"}},
		{"a function without its names", into(func(r *components.Route) { r.Execution, r.Function = nil, &components.FunctionTarget{} }),
			[]string{"Routes[0].Function.Name: is required", "Routes[0].Function.InvokeArn: is required"}},
		{"a body that is no JSON", into(func(r *components.Route) { r.Body = "{" }), []string{`Routes[0].Body: must be a JSON schema, an object, got "{"`}},
		{"a body that is no object", into(func(r *components.Route) { r.Body = "[]" }), []string{`Routes[0].Body: must be a JSON schema`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			refuses(t, components.NewOrderApi, "OrderApi", "api", c.args, c.want)
		})
	}
}
