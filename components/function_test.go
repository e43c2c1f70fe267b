package components_test

import (
	"debug/elf"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/components"
)

const (
	layerA = "arn:aws:lambda:eu-west-1:123456789012:layer:fonts:3"
	layerB = "arn:aws:lambda:eu-west-1:123456789012:layer:imagemagick:1"
)

// python is an own function in a folder.
func python(t *testing.T) components.Function {
	t.Helper()
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "app.py"), []byte("def handler(event, context): pass\n"), 0o600))
	return components.Function{Code: pulumi.NewFileArchive(folder), Runtime: pulumi.String("python3.13"), Handler: pulumi.String("app.handler")}
}

// ownOrder deploys a FanOut with Orders and changes to store-order. It returns the inputs of that function.
func ownOrder(t *testing.T, change components.Function, edit func(*components.FanOutArgs)) (*cloud, map[string]any) {
	t.Helper()
	c := fanOut(t, func(a *components.FanOutArgs) {
		a.Orders.Functions = map[string]components.Function{"store-order": change}
		if edit != nil {
			edit(a)
		}
	})
	return c, c.inputs(t, functionType, "fanout-store-order")
}

func TestAnOwnFunctionReplacesABuiltInOne(t *testing.T) {
	own := python(t)
	own.Description, own.Environment = pulumi.String("Stores orders elsewhere"), pulumi.StringMap{"HOST": pulumi.String("db")}
	c, inputs := ownOrder(t, own, func(a *components.FanOutArgs) {
		require.NoError(t, os.Remove(filepath.Join(a.Common.Packages, "store-order.zip"))) // is not needed
	})
	has(t, inputs, map[string]any{
		"runtime": "python3.13", "handler": "app.handler", "description": "Stores orders elsewhere", "architectures": []any{"arm64"},
		"memorySize": 512.0, "timeout": 30.0,
	})
	require.Equal(t, own.Code.Path(), c.find(t, functionType, "fanout-store-order").Inputs["code"].ArchiveValue().Path)
	require.Equal(t, map[string]any{
		"HOST": "db", "PATTERN": "fanout", "TABLE_NAME": "name:table/fanout-orders",
		"QUEUE_URL": "https://queue/fanout-store-order", "DEAD_LETTERS_URL": "https://queue/fanout-store-order-dead-letters",
	}, variables(t, c, "fanout-store-order"))
	// The permissions of the place stay.
	ours, _ := grants(t, fanOut(t, nil), "fanout-store-order")
	got, _ := grants(t, c, "fanout-store-order")
	require.Empty(t, cmp.Diff(ours, got))
}

func TestTheArchitectureIsThatOfTheCode(t *testing.T) {
	x86 := components.Function{Code: pulumi.NewFileArchive(executableZip(t, elf.EM_X86_64))}
	_, inputs := ownOrder(t, x86, nil)
	has(t, inputs, map[string]any{"architectures": []any{"x86_64"}})

	chosen := python(t)
	chosen.Architecture = components.X8664
	_, inputs = ownOrder(t, chosen, nil)
	has(t, inputs, map[string]any{"architectures": []any{"x86_64"}})

	_, inputs = ownOrder(t, python(t), func(a *components.FanOutArgs) {
		a.Common = components.Common{Packages: packages(t, elf.EM_X86_64)}
	})
	has(t, inputs, map[string]any{"architectures": []any{"x86_64"}})

	// A script runs on any architecture. Without a built-in function, Common has the default.
	folder := t.TempDir()
	writePackage(t, folder, "script", "bootstrap", 0o755, []byte("#!/bin/sh\n"))
	c := deploy(t, components.NewFanOut, "pictures", &components.FanOutArgs{Consumers: map[string]components.Consumer{
		"resize": {Function: components.Function{Code: pulumi.NewFileArchive(filepath.Join(folder, "script.zip"))}},
	}}, nil)
	has(t, c.inputs(t, functionType, "pictures-resize"), map[string]any{"architectures": []any{"arm64"}})
}

// The engine resolves code that is not a file of this machine.
func TestCodeMayBeMadeOfAssetsOrAtAURL(t *testing.T) {
	for _, code := range []pulumi.Archive{
		pulumi.NewAssetArchive(map[string]any{"app.py": pulumi.NewStringAsset("def handler(event, context): pass")}),
		pulumi.NewRemoteArchive("https://example.com/app.zip"),
	} {
		own := python(t)
		own.Code = code
		c, _ := ownOrder(t, own, nil)
		got := c.find(t, functionType, "fanout-store-order").Inputs["code"].ArchiveValue()
		require.Equal(t, code.URI(), got.URI)
		require.Len(t, got.Assets, len(code.Assets()))
	}
}

func TestAnOwnZipComesFromS3IfEnabled(t *testing.T) {
	const objectType = "aws:s3/bucketObjectv2:BucketObjectv2"
	args, _ := pictures(t)
	args.Common.CodeFromS3 = true
	args.Consumers["caption"] = components.Consumer{Function: python(t)}
	c := deploy(t, components.NewFanOut, "pictures", args, nil)
	object := c.inputs(t, objectType, "pictures-resize-code")
	require.Regexp(t, `^project/stack/pictures/resize/[0-9a-f]{64}\.zip$`, object["key"])
	has(t, c.inputs(t, functionType, "pictures-resize"), map[string]any{"s3Bucket": "name:bucketv2/pictures-code", "s3Key": object["key"], "code": nil})
	// A folder is part of the request.
	require.NotContains(t, c.registered, objectType+" pictures-caption-code")
	has(t, c.inputs(t, functionType, "pictures-caption"), map[string]any{"s3Bucket": nil})
	require.Equal(t, args.Consumers["caption"].Function.Code.Path(), c.find(t, functionType, "pictures-caption").Inputs["code"].ArchiveValue().Path)
}

func TestAFunctionHasItsLayersAndThatOfLambdaInsights(t *testing.T) {
	const insights = "arn:aws:lambda:eu-west-1:580247275435:layer:LambdaInsightsExtension-Arm64:23"
	list := pulumi.StringArray{pulumi.String(layerA), pulumi.String(layerB)}
	for name, layers := range map[string]pulumi.StringArrayInput{
		"values": list, "an output": list.ToStringArrayOutput(), "outputs": pulumi.StringArray{pulumi.String(layerA).ToStringOutput(), pulumi.String(layerB)},
	} {
		t.Run(name, func(t *testing.T) {
			_, inputs := ownOrder(t, components.Function{Layers: layers}, nil)
			require.Equal(t, []any{layerA, layerB}, inputs["layers"])
			c, inputs := ownOrder(t, components.Function{Layers: layers}, func(a *components.FanOutArgs) { a.Common.LambdaInsights = true })
			require.Equal(t, []any{layerA, layerB, insights}, inputs["layers"])
			got, _ := grants(t, c, "fanout-store-order")
			require.Contains(t, got, "ReportInsights")
		})
	}
}

func TestAFunctionRunsInAVPC(t *testing.T) {
	vpc := &components.Vpc{
		SubnetIds:        pulumi.StringArray{pulumi.String("subnet-1"), pulumi.String("subnet-2")}.ToStringArrayOutput(),
		SecurityGroupIds: pulumi.StringArray{pulumi.String("sg-1")},
	}
	c, inputs := ownOrder(t, components.Function{Vpc: vpc}, nil)
	require.Equal(t, map[string]any{"subnetIds": []any{"subnet-1", "subnet-2"}, "securityGroupIds": []any{"sg-1"}}, inputs["vpcConfig"])
	got, _ := grants(t, c, "fanout-store-order")
	require.Empty(t, cmp.Diff(allow("*", "ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets",
		"ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"), got["AttachToVpc"]))
	got, _ = grants(t, c, "fanout-write-invoice")
	require.NotContains(t, got, "AttachToVpc")
}

func TestAFunctionHasMorePermissions(t *testing.T) {
	c, _ := ownOrder(t, components.Function{Permissions: []components.Permission{
		{Actions: []string{"s3:GetObject"}, Resources: pulumi.StringArray{pulumi.String("arn:aws:s3:::pictures/*")}},
		{
			Actions: []string{"s3:ListBucket", "s3:GetBucketLocation"}, Resources: pulumi.StringArray{pulumi.String("arn:aws:s3:::pictures")}.ToStringArrayOutput(),
			Conditions: []components.Condition{
				{Operator: "StringLike", Key: "s3:prefix", Value: pulumi.String("originals/*").ToStringOutput()},
				{Operator: "StringEquals", Key: "aws:PrincipalTag/team", Value: pulumi.String("pictures")},
				{Operator: "StringEquals", Key: "s3:ResourceAccount", Value: pulumi.String("123456789012")},
			},
		},
	}}, nil)
	list := allow("arn:aws:s3:::pictures", "s3:ListBucket", "s3:GetBucketLocation")
	list["Condition"] = map[string]any{
		"StringLike":   map[string]any{"s3:prefix": "originals/*"},
		"StringEquals": map[string]any{"aws:PrincipalTag/team": "pictures", "s3:ResourceAccount": "123456789012"},
	}
	got, _ := grants(t, c, "fanout-store-order")
	require.Empty(t, cmp.Diff(allow("arn:aws:s3:::pictures/*", "s3:GetObject"), got["Permission1"]))
	require.Empty(t, cmp.Diff(list, got["Permission2"]))
	require.Contains(t, got, "StoreOrder")
}

func TestTheEnvironmentMayBeAnOutput(t *testing.T) {
	c, _ := ownOrder(t, components.Function{Environment: pulumi.StringMap{"HOST": pulumi.String("db")}.ToStringMapOutput()}, nil)
	got := variables(t, c, "fanout-store-order")
	require.Equal(t, "db", got["HOST"])
	require.Equal(t, "name:table/fanout-orders", got["TABLE_NAME"])
}

// Layers are enabled by variables of Lambda that are not reserved.
func TestAFunctionMaySetVariablesOfLambdaThatAreNotReserved(t *testing.T) {
	c, _ := ownOrder(t, components.Function{Environment: pulumi.StringMap{"AWS_LAMBDA_EXEC_WRAPPER": pulumi.String("/opt/otel-handler")}}, nil)
	require.Equal(t, "/opt/otel-handler", variables(t, c, "fanout-store-order")["AWS_LAMBDA_EXEC_WRAPPER"])
}

func TestAFunctionIsRefused(t *testing.T) {
	sixLayers := pulumi.StringArray{}
	for range 6 {
		sixLayers = append(sixLayers, pulumi.String(layerA))
	}
	missing := filepath.Join(t.TempDir(), "nowhere.zip")
	folder := t.TempDir()
	writePackage(t, folder, "other", "main", 0o755, executable(elf.EM_AARCH64))
	writePackage(t, folder, "plain", "bootstrap", 0o644, executable(elf.EM_AARCH64))
	archive := func(name string) components.Function {
		return components.Function{Code: pulumi.NewFileArchive(filepath.Join(folder, name))}
	}
	with := func(f components.Function, edit func(*components.Function)) components.Function {
		edit(&f)
		return f
	}
	permission := func(p components.Permission) components.Function {
		return components.Function{Permissions: []components.Permission{p}}
	}
	somewhere := pulumi.StringArray{pulumi.String("arn:aws:s3:::pictures")}
	for name, c := range map[string]struct {
		function components.Function
		insights bool
		want     []string
	}{
		"settings of code without Code": {components.Function{
			Runtime: pulumi.String("python3.13"), Handler: pulumi.String("app.handler"), Architecture: "arm64", Description: pulumi.String("x"),
		}, false, []string{
			".Runtime: is accepted only with Code", ".Handler: is accepted only with Code", ".Architecture: is accepted only with Code", ".Description: is accepted only with Code",
		}},
		"a runtime without a handler": {with(python(t), func(f *components.Function) { f.Handler = nil }), false, []string{".Handler: is required"}},
		"code that is not there":      {components.Function{Code: pulumi.NewFileArchive(missing)}, false, []string{".Code: no zip or folder at " + missing + ": no such file or directory"}},
		"a folder for executables":    {archive("."), false, []string{".Code: must be a zip with the executable bootstrap, for provided.al2023, and " + folder + " is a folder"}},
		"a folder for an older runtime": {with(archive("."), func(f *components.Function) { f.Runtime = pulumi.String("provided.al2") }), false,
			[]string{".Code: must be a zip with the executable bootstrap, for provided.al2, and"}},
		"a zip without bootstrap":       {archive("other.zip"), false, []string{".Code: package " + folder + "/other.zip has no file named bootstrap"}},
		"bootstrap that cannot run":     {archive("plain.zip"), false, []string{".Code: bootstrap in " + folder + "/plain.zip is not executable"}},
		"an unknown architecture":       {with(python(t), func(f *components.Function) { f.Architecture = "mips" }), false, []string{`.Architecture: must be one of ["arm64" "x86_64"], got "mips"`}},
		"code for another architecture": {with(own(t), func(f *components.Function) { f.Architecture = "x86_64" }), false, []string{".Architecture: must be arm64, which bootstrap in /", "was built for, got x86_64"}},
		"a variable of the component":   {components.Function{Environment: pulumi.StringMap{"TABLE_NAME": pulumi.String("t")}}, false, []string{".Environment: TABLE_NAME is set by the component"}},
		"a variable of every function":  {components.Function{Environment: pulumi.StringMap{"PATTERN": pulumi.String("t")}}, false, []string{".Environment: PATTERN is set by the component"}},
		"a variable of Lambda":          {components.Function{Environment: pulumi.StringMap{"AWS_REGION": pulumi.String("t")}}, false, []string{".Environment: AWS_REGION is reserved by Lambda"}},
		"names that are not of variables": {components.Function{Environment: pulumi.StringMap{"1ST": pulumi.String(""), "_HANDLER": pulumi.String("")}}, false,
			[]string{`.Environment: "1ST" must be a letter, and then letters, digits and underscores`, `"_HANDLER" must be a letter`}},
		"a layer without a version": {components.Function{Layers: pulumi.StringArray{pulumi.String(layerA), pulumi.String("arn:aws:lambda:eu-west-1:123456789012:layer:fonts")}}, false,
			[]string{".Layers[1]: must be the ARN of a version of a layer"}},
		"six layers":                    {components.Function{Layers: sixLayers}, false, []string{".Layers: must be at most 5, got 6"}},
		"five layers and the extension": {components.Function{Layers: sixLayers[1:]}, true, []string{".Layers: must be at most 4, because Common.LambdaInsights adds one, got 5"}},
		"a VPC without subnets": {components.Function{Vpc: &components.Vpc{SubnetIds: pulumi.StringArray{}}}, false,
			[]string{".Vpc.SubnetIds: is required", ".Vpc.SecurityGroupIds: is required"}},
		"an empty permission": {permission(components.Permission{}), false, []string{".Permissions[0].Actions: is required", ".Permissions[0].Resources: is required"}},
		"actions that are none": {permission(components.Permission{Actions: []string{"GetObject", "s3:Get Object"}, Resources: somewhere}), false,
			[]string{`.Permissions[0].Actions[0]: must be like s3:GetObject, got "GetObject"`, `.Permissions[0].Actions[1]`}},
		"a permission on nothing": {permission(components.Permission{Actions: []string{"s3:GetObject"}, Resources: pulumi.StringArray{}}), false, []string{".Permissions[0].Resources: is required"}},
		"an empty condition": {permission(components.Permission{Actions: []string{"s3:GetObject"}, Resources: somewhere, Conditions: []components.Condition{{}}}), false,
			[]string{".Permissions[0].Conditions[0].Operator: is required", ".Conditions[0].Key: is required", ".Conditions[0].Value: is required"}},
		"a key that must have two values": {permission(components.Permission{Actions: []string{"s3:ListBucket"}, Resources: somewhere, Conditions: []components.Condition{
			{Operator: "StringLike", Key: "s3:prefix", Value: pulumi.String("a")}, {Operator: "StringLike", Key: "s3:prefix", Value: pulumi.String("b")},
		}}), false, []string{".Permissions[0].Conditions[1]: StringLike of s3:prefix occurs twice: a key must have one value"}},
	} {
		t.Run(name, func(t *testing.T) {
			a := &components.FanOutArgs{Authorizer: open, Common: inFolder(t), Orders: &components.FanOutOrders{
				Functions: map[string]components.Function{"store-order": c.function},
			}}
			a.Common.LambdaInsights = c.insights
			for i, want := range c.want {
				if strings.HasPrefix(want, ".") && !strings.HasPrefix(want, ".Conditions") {
					c.want[i] = "Orders.Functions.store-order" + want
				}
			}
			refuses(t, components.NewFanOut, "FanOut", "fanout", a, c.want)
		})
	}
}

func TestASettingThatResolvesLateIsRefusedToo(t *testing.T) {
	five := pulumi.StringArray{}
	for range 5 {
		five = append(five, pulumi.String(layerA))
	}
	for want, change := range map[string]struct {
		function components.Function
		insights bool
	}{
		"Environment: QUEUE_URL is set by the component": {components.Function{
			Environment: pulumi.StringMap{"QUEUE_URL": pulumi.String("x")}.ToStringMapOutput()}, false},
		"Layers: must be at most 5, got 6": {components.Function{Layers: append(five, pulumi.String(layerB)).ToStringArrayOutput()}, false},
		"Layers: must be the ARN of a version of a layer": {components.Function{
			Layers: pulumi.StringArray{pulumi.String("fonts")}.ToStringArrayOutput()}, false},
		"Common.LambdaInsights: must be at most 5, got 6": {components.Function{Layers: five.ToStringArrayOutput()}, true},
	} {
		t.Run(want, func(t *testing.T) {
			if !strings.HasPrefix(want, "Common") {
				want = "Orders.Functions.store-order." + want
			}
			require.ErrorContains(t, (&cloud{}).run(func(ctx *pulumi.Context) error {
				args := &components.FanOutArgs{Authorizer: open, Common: inFolder(t), Orders: &components.FanOutOrders{
					Functions: map[string]components.Function{"store-order": change.function},
				}}
				args.Common.LambdaInsights = change.insights
				_, err := components.NewFanOut(ctx, "fanout", args)
				return err
			}), want)
		})
	}
}
