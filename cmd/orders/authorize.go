package main

import (
	"context"
	"fmt"
	"net/url"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/order-patterns/order-patterns/cmd/client/auth"
	"github.com/order-patterns/order-patterns/cmd/client/localstack"
)

// tokenVariable may hold the value of --token, which the list of processes would show.
const tokenVariable = "ORDERS_TOKEN"

const localRegion = "us-east-1"

// apiHost is the name of a REST API on AWS, with its Region.
var apiHost = regexp.MustCompile(`^[a-z0-9]+\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$`)

// authorize returns how to authenticate to an API: by the flags, or else as the API of the local stack requires.
func (t *target) authorize(ctx context.Context, api endpoint) (auth.Authorize, error) {
	switch {
	case t.sign:
		return signed(ctx, api.URL)
	case t.token != "":
		return auth.Token(t.token), nil
	case t.url != "" || api.Auth != "iam" && api.Auth != "jwt":
		return nil, nil
	}
	cloud, err := runningCloud()
	if err != nil {
		return nil, err
	}
	return cloud.Authorize(api.Auth, localRegion), nil
}

// signed signs with the user's AWS credentials, for the Region in the API's name or else in the user's configuration.
func signed(ctx context.Context, api string) (auth.Authorize, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("loading the AWS configuration: %w", err)
	}
	region := cfg.Region
	if u, err := url.Parse(api); err == nil {
		if m := apiHost.FindStringSubmatch(u.Hostname()); m != nil {
			region = m[1]
		}
	}
	if region == "" {
		return nil, fmt.Errorf("--sign needs the Region of %s: set AWS_REGION", api)
	}
	return auth.SigV4(aws.NewCredentialsCache(cfg.Credentials), region), nil
}

// runningCloud returns the embedded cloud of the project.
func runningCloud() (localstack.Cloud, error) {
	stack, err := localstack.Find()
	if err != nil {
		return localstack.Cloud{}, err
	}
	return stack.Cloud()
}
