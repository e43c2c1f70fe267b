// Package local is an embedded cloud: one process that stands in for the AWS services that the patterns use, so that
// `pulumi up` works without an AWS account.
//
// To Pulumi it is the provider named aws. To functions, SDKs and the AWS CLI it is an endpoint on 127.0.0.1 that speaks
// the protocols of AWS. Functions are the real zips, run as processes against Lambda's Runtime API. Every call needs a
// signature, and is decided by IAM as AWS would.
//
// It implements what the patterns use, and refuses the rest by name. Each service has a package of its own, furnished
// alike: what it keeps, what it answers on the wire, and which Pulumi resources it realises. Tests stop its clock and
// ask it for faults.
package local

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/jonboulle/clockwork"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/apigateway"
	"github.com/order-patterns/order-patterns/local/dynamodb"
	"github.com/order-patterns/order-patterns/local/iam"
	"github.com/order-patterns/order-patterns/local/kinesis"
	"github.com/order-patterns/order-patterns/local/lambda"
	"github.com/order-patterns/order-patterns/local/logs"
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

	Account       *account.Account
	APIGateway    *apigateway.Service
	DynamoDB      *dynamodb.Service
	IAM           *iam.Service
	Kinesis       *kinesis.Service
	Lambda        *lambda.Service
	Logs          *logs.Service
	S3            *s3.Service
	SNS           *sns.Service
	SQS           *sqs.Service
	StepFunctions *stepfunctions.Service
	XRay          *xray.Service

	stops []func() error // in the order of starting
}

// Start runs a cloud on free ports of 127.0.0.1. Close stops it; what it held is gone then.
func Start(o Options) (*Cloud, error) {
	c := &Cloud{Account: account.New(o.Clock, o.Log)}
	if err := c.start(o); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the embedded cloud: %w", err), c.Close())
	}
	return c, nil
}

func (c *Cloud) start(o Options) error {
	if err := os.RemoveAll(o.Dir); err != nil {
		return err
	}
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return err
	}
	a := c.Account
	c.IAM = iam.New(a)
	c.Admin = c.IAM.AddAdministrator("developer")
	c.DynamoDB = dynamodb.New(a)
	c.Logs = logs.New(a)
	c.XRay = xray.New(a)
	c.S3 = s3.New(a)
	c.SQS = sqs.New(a)
	c.SNS = sns.New(a, sns.Dependencies{Queues: c.SQS})
	c.stops = append(c.stops, c.SNS.Close)
	c.Kinesis = kinesis.New(a)
	var err error
	if c.Lambda, err = lambda.New(a, lambda.Dependencies{
		Roles: c.IAM, Logs: c.Logs, Traces: c.XRay, Queues: c.SQS, Streams: c.Kinesis, Dir: o.Dir,
	}); err != nil {
		return err
	}
	c.stops = append(c.stops, c.Lambda.Close)
	c.StepFunctions = stepfunctions.New(a, stepfunctions.Dependencies{
		Roles: c.IAM, Functions: c.Lambda, Topics: c.SNS, Logs: c.Logs, Traces: c.XRay,
	})
	c.stops = append(c.stops, c.StepFunctions.Close)
	c.APIGateway = apigateway.New(a, apigateway.Dependencies{
		Functions: c.Lambda, Actions: map[string]apigateway.Actions{"states": c.StepFunctions}, Logs: c.Logs, Traces: c.XRay, Roles: c.IAM,
		BaseURL: func() string { return c.APIs },
	})
	c.stops = append(c.stops, c.APIGateway.Close)

	services := []interface {
		wire.Service
		Kinds() []provider.Kind
	}{c.APIGateway, c.DynamoDB, c.IAM, c.Kinesis, c.Lambda, c.Logs, c.S3, c.SNS, c.SQS, c.StepFunctions}
	onTheWire := []wire.Service{c.XRay, sts.New()}
	var kinds []provider.Kind
	for _, s := range services {
		onTheWire = append(onTheWire, s)
		kinds = append(kinds, s.Kinds()...)
	}

	if c.Endpoint, err = c.serveHTTP(wire.NewServer(a, c.IAM, onTheWire...)); err != nil {
		return err
	}
	a.SetEndpoint(c.Endpoint)
	// APIs have an address of their own, as on AWS, so that no path of theirs is taken for a bucket.
	if c.APIs, err = c.serveHTTP(c.APIGateway.Handler()); err != nil {
		return err
	}
	return c.serveProvider(provider.New(account.Region, kinds, functions()))
}

// Close stops everything, in the reverse order of starting. It kills the processes of functions.
func (c *Cloud) Close() error {
	var errs []error
	for i := len(c.stops) - 1; i >= 0; i-- {
		errs = append(errs, c.stops[i]())
	}
	c.stops = nil
	return errors.Join(errs...)
}

func listen() (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") }

func (c *Cloud) serveHTTP(handler http.Handler) (string, error) {
	l, err := listen()
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
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

func (c *Cloud) serveProvider(p *provider.Server) error {
	l, err := listen()
	if err != nil {
		return err
	}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(maxMessage), grpc.MaxSendMsgSize(maxMessage))
	pulumirpc.RegisterResourceProviderServer(server, p)
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
