package components_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/components"
)

// component is what a constructor returns.
type component interface{ Outputs() pulumi.Map }

// constructor creates a component C from its arguments A.
type constructor[A any, C component] func(*pulumi.Context, string, *A, ...pulumi.ResourceOption) (C, error)

// deploy creates a component. edit, if not nil, changes its arguments.
func deploy[A any, C component](t *testing.T, create constructor[A, C], name string, args *A, edit func(*A)) *cloud {
	t.Helper()
	if edit != nil {
		edit(args)
	}
	c := &cloud{}
	require.NoError(t, c.run(func(ctx *pulumi.Context) error {
		_, err := create(ctx, name, args)
		return err
	}))
	return c
}

// exports asserts the outputs of a pattern that is deployed under its config name: want, and its functions.
func exports[A any, C component](t *testing.T, create constructor[A, C], name string, args *A, want map[string]any) {
	t.Helper()
	var outputs map[string]any
	c := &cloud{}
	require.NoError(t, c.run(func(ctx *pulumi.Context) error {
		component, err := create(ctx, name, args)
		if err != nil {
			return err
		}
		component.Outputs().ToMapOutput().ApplyT(func(m map[string]any) error {
			outputs = m
			return nil
		})
		return nil
	}))
	where := map[string]components.FunctionInfo{}
	for _, function := range functions[name] {
		full := name + "-" + function
		where[function] = components.FunctionInfo{Name: "name:function/" + full, LogGroup: "name:loggroup/" + full + "-logs", RoleName: "name:role/" + full + "-role"}
	}
	want["functions"], want["keyArn"], want["keyPolicy"] = where, "", ""
	alarms := map[string]string{}
	for _, r := range c.registered {
		if r.TypeToken == alarmType {
			alarms[strings.TrimPrefix(r.Name, name+"-")] = "name:metricalarm/" + r.Name
		}
	}
	want["alarms"], want["alarmArn"], want["alarmTopicArn"] = alarms, "arn:compositealarm/"+name, "arn:topic/"+name+"-alarms"
	want["dashboardName"] = "project-stack-" + name
	require.Equal(t, want, outputs)
}

// refuses asserts that a component cannot be created with these arguments, that the error names the component and contains every part of
// want, and that nothing was registered before.
func refuses[A any, C component](t *testing.T, create constructor[A, C], kind, name string, args *A, want []string) {
	t.Helper()
	c := &cloud{}
	err := c.run(func(ctx *pulumi.Context) error {
		_, err := create(ctx, name, args)
		return err
	})
	require.ErrorContains(t, err, `order-patterns:components:`+kind+` "`+name+`": `)
	for _, part := range want {
		require.ErrorContains(t, err, part)
	}
	require.Empty(t, c.registered)
}
