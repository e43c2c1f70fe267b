package components_test

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/order-patterns/order-patterns/components"
)

// Two consumers with their own functions. Each takes published messages from its own queue; one of them has a filter. There is no API, and
// nothing about orders. code(NAME) is pulumi.NewFileArchive(NAME + ".zip").
func ExampleNewFanOut_consumers() {
	code := exampleCode

	program := func(ctx *pulumi.Context) error {
		pictures, err := components.NewFanOut(ctx, "pictures", &components.FanOutArgs{
			Consumers: map[string]components.Consumer{
				"resize": {Function: components.Function{Code: code("resize"), MemoryMB: pulumi.Int(1024)}},
				"notify": {
					Function:     components.Function{Code: code("notify"), Environment: pulumi.StringMap{"LANGUAGE": pulumi.String("it")}},
					FilterPolicy: pulumi.String(`{"size": [{"numeric": [">", 1000000]}]}`), FilterPolicyScope: pulumi.String("MessageBody"),
				},
			},
		})
		if err != nil {
			return err
		}
		pulumi.All(pictures.TopicArn, pictures.ConsumerDeadLettersUrls).ApplyT(func(v []any) error {
			_, err := fmt.Printf("publish to %s\nwhat resize gave up is in %s\n", v[0], v[1].(map[string]string)["resize"])
			return err
		})
		return nil
	}

	if err := exampleRun(program); err != nil {
		fmt.Println(err)
	}
	// Output:
	// publish to arn:topic/pictures-messages
	// what resize gave up is in https://queue/pictures-resize-dead-letters
}

// A function behind an API appends to a stream. Another function reads the stream, in the VPC of its database.
func ExampleNewEventStream_readers() {
	code := exampleCode

	program := func(ctx *pulumi.Context) error {
		readings, err := components.NewEventStream(ctx, "readings", &components.EventStreamArgs{
			Authorizer: components.IamAuthorizer(),
			Routes: []components.Route{{
				Method: "POST", Path: "/reading", Run: &components.Function{Code: code("append")}, Publishes: true,
				Responses: []components.Response{{Status: 202}, {Status: 400}},
			}},
			Readers: map[string]components.Reader{"archive": {
				Function: components.Function{
					Code: code("archive"),
					Vpc: &components.Vpc{
						SubnetIds:        pulumi.StringArray{pulumi.String("subnet-0a1b2c3d")},
						SecurityGroupIds: pulumi.StringArray{pulumi.String("sg-0a1b2c3d")},
					},
				},
				FilterPatterns: []string{`{"data": {"celsius": [{"numeric": ["<", 0]}]}}`},
			}},
		})
		if err != nil {
			return err
		}
		pulumi.All(readings.Url, readings.StreamName).ApplyT(func(v []any) error {
			_, err := fmt.Printf("%s/reading appends to %s\n", v...)
			return err
		})
		return nil
	}

	if err := exampleRun(program); err != nil {
		fmt.Println(err)
	}
	// Output:
	// https://stage/readings-api/reading appends to name:stream/readings-events
}
