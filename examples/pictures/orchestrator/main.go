// Command orchestrator is a Pulumi program that deploys the pictures' functions on an Orchestrator. The bucket and the table are the
// program's; all else, from the API and the state machine to the failure queue and alarms, is the component's. Nothing of it is about
// orders.
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
	resize := own("resize-task", 1024, 60, append(stored.Read("uploads", "originals"), stored.Objects("s3:PutObject", "originals", "thumbnails"))...)
	moderate := own("moderate-task", 1024, 60, stored.Read("originals")...)
	remove := stored.Objects("s3:DeleteObject", "originals", "thumbnails")
	index := own("index-task", 128, 15, stored.Items("dynamodb:PutItem"), remove)
	removeImages := own("remove-images-task", 128, 15, remove)
	get := own("get-picture", 128, 15, stored.Items("dynamodb:GetItem"))

	pictures, err := components.NewOrchestrator(ctx, "pictures", &components.OrchestratorArgs{
		Common:     components.Common{Tags: gallery.Tags(ctx)},
		Authorizer: components.Authorizer{Kind: components.AuthorizerKind(cfg.Get("auth"))},
		Api:        components.ApiSettings{AccessLogs: pulumi.BoolRef(false)}, // these need a setting of the Region: see ApiAccount
		Start: &components.StartRoute{
			Path: "/picture", Summary: "Add a picture", Body: pictureSchema, BodyRules: pictureRules, IdPath: "$.id", AccountPath: "$.owner",
		},
		Tasks: []components.Task{
			{Name: "resize", Permanent: refused, Function: resize, Compensate: &removeImages},
			{Name: "moderate", Permanent: refused, Function: moderate},
			{Name: "index", Permanent: refused, Function: index},
		},
		Routes: []components.Route{{
			Method: "GET", Path: "/picture", Summary: "Get what is known of a picture", Run: &get,
			Query:     []components.Parameter{{Name: "owner", Required: true}, {Name: "id", Required: true}},
			Responses: []components.Response{{Status: 200}, {Status: 400}, {Status: 404}},
		}},
	})
	if err != nil {
		return err
	}
	ctx.Export("url", pictures.Url)
	ctx.Export("bucket", stored.Bucket.Bucket)
	ctx.Export("table", stored.Table.Name)
	ctx.Export("stateMachine", pictures.StateMachineArn)
	ctx.Export("failureQueue", pictures.FailureQueueUrl)
	ctx.Export("topic", pictures.TopicArn)
	ctx.Export("dashboard", pictures.DashboardName)
	return nil
}

// refused are the errors of the functions after which a retry cannot succeed.
var refused = []string{"PermanentError"}

// pictureSchema is what API Gateway validates a request with, before an execution starts. The tasks validate the rest.
const pictureSchema = `{"type": "object", "required": ["id", "owner", "key"], "properties": {
	"id": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_-]*$", "maxLength": 64},
	"owner": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_-]*$", "maxLength": 64},
	"key": {"type": "string", "maxLength": 800}, "title": {"type": "string", "maxLength": 200}}}`

const pictureRules = "id and owner must be 1 to 64 letters, digits, hyphens and underscores; key must be that of an object, and title has at most 200 characters"
