package main

import (
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/order-patterns/order-patterns/components"
)

func main() { pulumi.Run(deploy) }

// deploy makes an API whose function publishes greetings, and a function that takes them from a queue.
func deploy(ctx *pulumi.Context) error {
	zips := filepath.Join("lambda", "arm64")
	if ctx.Stack() == "local" {
		zips = filepath.Join("lambda", "local") // the embedded cloud runs functions on this machine
	}
	code := func(function string) pulumi.Archive {
		return pulumi.NewFileArchive(filepath.Join(zips, function+".zip"))
	}

	greetings, err := components.NewFanOut(ctx, "greetings", &components.FanOutArgs{
		// Everybody may call the API. See components.IamAuthorizer and components.JwtAuthorizer.
		Authorizer: components.NoAuthorizer(),
		Routes: []components.Route{{
			Method: "POST", Path: "/greeting", Publishes: true,
			Run: &components.Function{Code: code("publish")},
		}},
		Consumers: map[string]components.Consumer{
			"greet": {Function: components.Function{Code: code("greet")}},
		},
		// Access logs need a setting of the Region's API Gateway: see components.ApiAccount.
		Api: components.ApiSettings{AccessLogs: pulumi.BoolRef(false)},
	})
	if err != nil {
		return err
	}
	ctx.Export("url", greetings.Url)
	ctx.Export("deadLetters", greetings.ConsumerDeadLettersUrls)
	ctx.Export("functions", greetings.Functions)
	return nil
}
