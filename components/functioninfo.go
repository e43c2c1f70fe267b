package components

import (
	"fmt"
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// FunctionInfo identifies a Lambda function of a component.
type FunctionInfo struct {
	// Name is the function's name. LogGroup is the name of its log group. RoleName is the name of its role.
	Name     string `pulumi:"name"`
	LogGroup string `pulumi:"logGroup"`
	RoleName string `pulumi:"roleName"`
}

// FunctionInfoMapOutput resolves to the functions of a component, by name, such as "store-order".
type FunctionInfoMapOutput struct{ *pulumi.OutputState }

// ElementType returns map[string]FunctionInfo.
func (FunctionInfoMapOutput) ElementType() reflect.Type {
	return reflect.TypeFor[map[string]FunctionInfo]()
}

// Name resolves to the name of one function. It fails if the component has no such function.
func (o FunctionInfoMapOutput) Name(function string) pulumi.StringOutput {
	return o.ApplyT(func(m map[string]FunctionInfo) (string, error) {
		f, ok := m[function]
		if !ok {
			return "", fmt.Errorf("there is no function %q", function)
		}
		return f.Name, nil
	}).(pulumi.StringOutput)
}

func init() { pulumi.RegisterOutputType(FunctionInfoMapOutput{}) }

// functionInfos returns the functions that are registered so far.
func (b *builder) functionInfos() FunctionInfoMapOutput {
	infos := pulumi.Map{}
	for _, f := range b.functions {
		infos[f.name] = pulumi.StringArray{f.Name, f.logGroup.Name, f.role.Name}
	}
	return infos.ToMapOutput().ApplyT(func(m map[string]any) map[string]FunctionInfo {
		resolved := map[string]FunctionInfo{}
		for name, v := range m {
			names := v.([]string)
			resolved[name] = FunctionInfo{Name: names[0], LogGroup: names[1], RoleName: names[2]}
		}
		return resolved
	}).(FunctionInfoMapOutput)
}
