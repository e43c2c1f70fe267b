// Command fanout is a Pulumi program that deploys the pictures' functions on a FanOut. The bucket and the table are the program's; all
// else, from the API to the dead-letter queues and alarms, is the component's. Nothing of it is about orders.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"

	"github.com/order-patterns/order-patterns/components"
	"github.com/order-patterns/order-patterns/examples/pictures/fanout/gallery"
)

func main() { pulumi.Run(deploy) }

func deploy(ctx *pulumi.Context) error {
	cfg := config.New(ctx, "")
	stored, err := gallery.NewStorage(ctx, cfg.GetBool("deleteData"))
	if err != nil {
		return err
	}
	own := func(zip string, memoryMB, timeoutSeconds int, permissions ...components.Permission) components.Function {
		return stored.Function(cfg.Get("code"), zip, memoryMB, timeoutSeconds, permissions...)
	}
	put, readAnd := stored.Items("dynamodb:PutItem"), func(more ...components.Permission) []components.Permission {
		return append(stored.Read("uploads", "originals"), more...)
	}
	publish := own("publish-picture", 256, 15, readAnd(stored.Objects("s3:PutObject", "originals"))...)
	resize := own("resize-picture", 1024, 60, readAnd(stored.Objects("s3:PutObject", "thumbnails"), put)...)
	moderate := own("moderate-picture", 1024, 60, readAnd(put)...)
	index := own("index-picture", 128, 15, put)
	get := own("get-picture", 128, 15, stored.Items("dynamodb:GetItem"))

	// Few images at once, so that a batch of large ones ends within the timeout.
	images := components.QueueSettings{BatchSize: pulumi.Int(5)}
	pictures, err := components.NewFanOut(ctx, "pictures", &components.FanOutArgs{
		Common:     components.Common{Tags: gallery.Tags(ctx)},
		Authorizer: components.Authorizer{Kind: components.AuthorizerKind(cfg.Get("auth"))},
		Api:        components.ApiSettings{AccessLogs: pulumi.BoolRef(false)}, // these need a setting of the Region: see ApiAccount
		Routes: []components.Route{
			{
				Method: "POST", Path: "/picture", Summary: "Add a picture", Run: &publish, Publishes: true, Body: pictureSchema,
				Responses: []components.Response{{Status: 202}, {Status: 400}, {Status: 409}, {Status: 413}, {Status: 503}},
			},
			{
				Method: "GET", Path: "/picture", Summary: "Get what is known of a picture", Run: &get,
				Query:     []components.Parameter{{Name: "owner", Required: true}, {Name: "id", Required: true}},
				Responses: []components.Response{{Status: 200}, {Status: 400}, {Status: 404}},
			},
		},
		Consumers: map[string]components.Consumer{
			"resize":   {Function: resize, Queue: images},
			"moderate": {Function: moderate, Queue: images},
			"index":    {Function: index},
		},
	})
	if err != nil {
		return err
	}
	ctx.Export("url", pictures.Url)
	ctx.Export("bucket", stored.Bucket.Bucket)
	ctx.Export("table", stored.Table.Name)
	ctx.Export("topic", pictures.TopicArn)
	ctx.Export("deadLetters", pictures.ConsumerDeadLettersUrls)
	ctx.Export("dashboard", pictures.DashboardName)
	return nil
}

// pictureSchema documents a request.
const pictureSchema = `{"type": "object", "required": ["id", "owner"], "properties": {
	"id": {"type": "string"}, "owner": {"type": "string"}, "title": {"type": "string"},
	"image": {"type": "string"}, "bucket": {"type": "string"}, "key": {"type": "string"}}}`
