// Package local is an embedded cloud: one process that stands in for the AWS services that the patterns use, so that
// `pulumi up` works without an AWS account.
//
// To Pulumi it is the provider named aws. To functions, SDKs and the AWS CLI it is an endpoint on 127.0.0.1 that speaks
// the protocols of AWS. Functions are the real zips, run as processes against Lambda's Runtime API. Every call needs a
// signature, and is decided by IAM as AWS would.
//
// It refuses by name what it does not implement. Each service has a package of its own with the same files: service,
// operations (the wire), resources (Pulumi) and errors. Package localtest is for the tests of other programs.
package local

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jonboulle/clockwork"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/apigateway"
	"github.com/order-patterns/order-patterns/local/cloudwatch"
	"github.com/order-patterns/order-patterns/local/dynamodb"
	"github.com/order-patterns/order-patterns/local/edge"
	"github.com/order-patterns/order-patterns/local/iam"
	"github.com/order-patterns/order-patterns/local/kinesis"
	"github.com/order-patterns/order-patterns/local/kms"
	"github.com/order-patterns/order-patterns/local/lambda"
	"github.com/order-patterns/order-patterns/local/logs"
	"github.com/order-patterns/order-patterns/local/oidc"
	"github.com/order-patterns/order-patterns/local/provider"
	"github.com/order-patterns/order-patterns/local/s3"
	"github.com/order-patterns/order-patterns/local/sns"
	"github.com/order-patterns/order-patterns/local/sqs"
	"github.com/order-patterns/order-patterns/local/stepfunctions"
	"github.com/order-patterns/order-patterns/local/sts"
	"github.com/order-patterns/order-patterns/local/wire"
	"github.com/order-patterns/order-patterns/local/xray"
)

// Options configure a cloud.
type Options struct {
	// Clock is the time that the cloud lives in. Required.
	Clock clockwork.Clock
	// Dir is a folder of the cloud's own, to unpack functions in. It is emptied at the start. Required.
	Dir string
	// Log receives what an operator should know. Required.
	Log *slog.Logger
	// ReadTimeout ends a request of which not all has arrived by then. Default 30 seconds.
	ReadTimeout time.Duration
}

// Cloud is a running embedded cloud.
type Cloud struct {
	// Endpoint is the URL of the AWS endpoint, for all services.
	Endpoint string
	// APIs is the URL under which API Gateway serves the APIs: APIs/API-ID/STAGE/path.
	APIs string
	// ProviderPort is where the provider protocol is served, for PULUMI_DEBUG_PROVIDERS=aws:PORT.
	ProviderPort int
	// Admin is the key of a user to whom everything is allowed: the person at the keyboard.
	Admin iam.Credentials
	// Provider is what ProviderPort serves.
	Provider *provider.Server

	Account       *account.Account
	APIGateway    *apigateway.Service
	CloudWatch    *cloudwatch.Service
	DynamoDB      *dynamodb.Service
	IAM           *iam.Service
	Kinesis       *kinesis.Service
	KMS           *kms.Service
	Lambda        *lambda.Service
	Logs          *logs.Service
	OIDC          *oidc.Issuer
	S3            *s3.Service
	SNS           *sns.Service
	SQS           *sqs.Service
	StepFunctions *stepfunctions.Service
	XRay          *xray.Service

	stops []func() error // in the order of starting
}

// Start runs a cloud on free ports of 127.0.0.1. Close stops it, and its data is lost.
func Start(o Options) (*Cloud, error) {
	c := &Cloud{Account: account.New(o.Clock, o.Log)}
	if err := c.start(o); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the embedded cloud: %w", err), c.Close())
	}
	return c, nil
}

func (c *Cloud) start(o Options) error {
	if err := errors.Join(os.RemoveAll(o.Dir), os.MkdirAll(o.Dir, 0o755)); err != nil {
		return err
	}
	services, err := c.services(o.Dir)
	if err != nil {
		return err
	}
	kinds := edge.Kinds()
	for _, s := range services {
		if s, ok := s.(interface{ Kinds() []provider.Kind }); ok {
			kinds = append(kinds, s.Kinds()...)
		}
		if s, ok := s.(io.Closer); ok {
			c.stops = append(c.stops, s.Close)
		}
	}
	readTimeout := cmp.Or(o.ReadTimeout, 30*time.Second)
	aws := wire.NewServer(c.Account, c.IAM, services...)
	if c.Endpoint, err = c.serveHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, oidc.Path+"/") {
			c.OIDC.ServeHTTP(w, r)
			return
		}
		aws.ServeHTTP(w, r)
	}), readTimeout); err != nil {
		return err
	}
	c.Account.SetEndpoint(c.Endpoint)
	// APIs have an address of their own, as on AWS, so that no path of theirs is taken for a bucket.
	if c.APIs, err = c.serveHTTP(c.APIGateway.Handler(), readTimeout); err != nil {
		return err
	}
	c.Provider = provider.New(account.Region, kinds, functions())
	return c.serveProvider()
}

// services makes all services, each after those that it depends on.
func (c *Cloud) services(dir string) (_ []wire.Service, err error) {
	a := c.Account
	c.IAM = iam.New(a)
	c.Admin = c.IAM.AddAdministrator("developer")
	c.OIDC = oidc.New(a, c.Admin)
	c.KMS = kms.New(a)
	c.DynamoDB = dynamodb.New(a)
	c.Logs = logs.New(a)
	c.XRay = xray.New(a)
	c.S3 = s3.New(a)
	c.SQS = sqs.New(a)
	c.SNS = sns.New(a, sns.Dependencies{Queues: c.SQS, Traces: c.XRay})
	c.Kinesis = kinesis.New(a)
	if c.Lambda, err = lambda.New(a, lambda.Dependencies{
		Roles: c.IAM, Logs: c.Logs, Traces: c.XRay, Queues: c.SQS, Streams: c.Kinesis, Objects: c.S3, Dir: dir,
	}); err != nil {
		return nil, err
	}
	c.StepFunctions = stepfunctions.New(a, stepfunctions.Dependencies{
		Roles: c.IAM, Functions: c.Lambda, Topics: c.SNS, Queues: c.SQS, Logs: c.Logs, Traces: c.XRay,
	})
	c.APIGateway = apigateway.New(a, apigateway.Dependencies{
		Functions: c.Lambda, Actions: map[string]apigateway.Actions{"states": c.StepFunctions}, Logs: c.Logs, Traces: c.XRay, Roles: c.IAM,
		BaseURL: func() string { return c.APIs },
	})
	c.CloudWatch = cloudwatch.New(a, cloudwatch.Dependencies{Topics: c.SNS}) // after those that publish metrics
	c.Logs.Metrics = c.CloudWatch
	return []wire.Service{
		c.IAM, sts.New(), c.KMS, c.DynamoDB, c.Logs, c.XRay, c.S3, c.SQS, c.SNS, c.CloudWatch, c.Kinesis, c.Lambda, c.StepFunctions, c.APIGateway,
	}, nil
}

// Close stops everything, in the reverse order of starting. It kills the processes of functions.
func (c *Cloud) Close() error {
	var errs []error
	for _, stop := range slices.Backward(c.stops) {
		errs = append(errs, stop())
	}
	c.stops = nil
	return errors.Join(errs...)
}

func listen() (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") }

func (c *Cloud) serveHTTP(handler http.Handler, readTimeout time.Duration) (string, error) {
	l, err := listen()
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: readTimeout, IdleTimeout: time.Hour}
	go func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			c.Account.Log.Error("endpoint stopped", "error", err)
		}
	}()
	c.stops = append(c.stops, server.Close)
	return "http://" + l.Addr().String(), nil
}

// maxMessage is the size of a provider message, as large as the engine's own.
const maxMessage = 400 << 20

func (c *Cloud) serveProvider() error {
	l, err := listen()
	if err != nil {
		return err
	}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(maxMessage), grpc.MaxSendMsgSize(maxMessage))
	pulumirpc.RegisterResourceProviderServer(server, c.Provider)
	go func() {
		if err := server.Serve(l); err != nil {
			c.Account.Log.Error("provider stopped", "error", err)
		}
	}()
	c.stops = append(c.stops, func() error {
		server.Stop()
		return nil
	})
	c.ProviderPort = l.Addr().(*net.TCPAddr).Port
	return nil
}

// functions are the invokes that return the account, Region and partition.
func functions() map[string]resource.PropertyMap {
	return map[string]resource.PropertyMap{
		"aws:index/getCallerIdentity:getCallerIdentity": resource.NewPropertyMapFromMap(map[string]any{
			"id": account.ID, "accountId": account.ID, "arn": account.GlobalARN("iam", "user/developer"), "userId": "developer",
		}),
		"aws:index/getRegion:getRegion": resource.NewPropertyMapFromMap(map[string]any{
			"id": account.Region, "name": account.Region, "region": account.Region,
			"endpoint": "ec2." + account.Region + ".amazonaws.com", "description": "The embedded cloud",
		}),
		"aws:index/getPartition:getPartition": resource.NewPropertyMapFromMap(map[string]any{
			"id": "aws", "partition": "aws", "dnsSuffix": "amazonaws.com", "reverseDnsPrefix": "com.amazonaws",
		}),
	}
}
