package main

import (
	"encoding/json"
	"os"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// cloud stands in for the engine and AWS. It records what is registered.
type cloud struct {
	mu         sync.Mutex
	registered []string
}

func (c *cloud) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.registered = append(c.registered, args.TypeToken+" "+args.Name)
	state := args.Inputs.Copy()
	for name, value := range map[resource.PropertyKey]string{
		"arn": "arn:aws:states:eu-west-1:123456789012:stateMachine:" + args.Name, "url": "https://queue/" + args.Name, "name": args.Name, "bucket": args.Name,
		"invokeArn": "invoke:" + args.Name, "executionArn": "arn:" + args.Name, "invokeUrl": "https://" + args.Name,
	} {
		if _, given := state[name]; !given {
			state[name] = resource.NewStringProperty(value)
		}
	}
	return args.Name, state, nil
}

func (c *cloud) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return resource.NewPropertyMapFromMap(map[string]any{"partition": "aws", "name": "eu-west-1", "accountId": "123456789012"}), nil
}

// The programs are those of programs_test.go.
func TestPrograms(t *testing.T) {
	registered := map[string][]string{}
	for name, program := range programs {
		t.Run(name, func(t *testing.T) {
			c := &cloud{}
			if err := pulumi.RunErr(program, pulumi.WithMocks("project", "stack", c)); err != nil {
				t.Fatal(err)
			}
			registered[name] = c.registered
		})
	}
	text, err := json.Marshal(registered)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(os.Getenv("RESOURCES"), text, 0o600); err != nil {
		t.Fatal(err)
	}
}
