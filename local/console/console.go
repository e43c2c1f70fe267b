// Package console serves a page that shows a running embedded cloud: its deployed patterns as diagrams with what happens in them, one
// record (such as an order) with its way through them, and what a person may do: send requests, inject faults, move the clock,
// redrive dead letters, pause consumers, and read the bill.
//
// It knows nothing of orders. It reads the services by the AWS SDK, as anybody does, and the deployed resources from the
// provider. Settings say what a record is called in the logs, and which requests the page offers.
package console

import (
	"cmp"
	"context"
	"crypto/rand"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"

	"github.com/order-patterns/order-patterns/local"
)

// Options configure a console.
type Options struct {
	// Cloud is what the page shows. Required.
	Cloud *local.Cloud
	// Settings are those of the program that is deployed.
	Settings Settings
	// Meter computes the bill. Nil means that there is none.
	Meter Meter
}

// Console is a page that is being served.
type Console struct {
	cloud    *local.Cloud
	meter    Meter
	settings Settings
	config   aws.Config // of the person at the keyboard
	token    string
	address  string // host and port
	server   *http.Server
	graphs   graphs
	records  records
	faults   faults

	// Clients that are used each second.
	cloudwatch *cloudwatch.Client
	lambda     *lambda.Client
	logs       *cloudwatchlogs.Client
	sfn        *sfn.Client
	sqs        *sqs.Client
}

//go:embed assets
var assets embed.FS

// Start serves a page on a free port of 127.0.0.1.
func Start(o Options) (*Console, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("starting the console: %w", err)
	}
	config := o.Cloud.Admin.Config(o.Cloud.Endpoint)
	c := &Console{
		cloud: o.Cloud, settings: o.Settings.withDefaults(), meter: o.Meter, config: config,
		token: rand.Text(), address: l.Addr().String(),
		records:    records{all: map[recordKey]*record{}, seen: map[string]time.Time{}},
		cloudwatch: cloudwatch.NewFromConfig(config), lambda: lambda.NewFromConfig(config), logs: cloudwatchlogs.NewFromConfig(config),
		sfn: sfn.NewFromConfig(config), sqs: sqs.NewFromConfig(config),
	}
	// There is no limit for writing: the page reads one response for as long as it is open.
	c.server = &http.Server{Handler: c.guard(c.routes()), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: time.Hour}
	go func() {
		if err := c.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			o.Cloud.Account.Log.Error("console stopped", "error", err)
		}
	}()
	return c, nil
}

// Close stops serving.
func (c *Console) Close() error { return c.server.Close() }

// URL is the address of the page. Its fragment, which browsers do not send, holds the token for what changes things.
func (c *Console) URL() string { return "http://" + c.address + "/#token=" + c.token }

func (c *Console) routes() *http.ServeMux {
	mux := http.NewServeMux()
	show := func(read func() any) http.HandlerFunc {
		return handle(c, func(context.Context, *http.Request, *struct{}) (any, error) { return read(), nil })
	}
	root, err := fs.Sub(assets, "assets")
	if err != nil {
		panic(err) // the name is constant
	}
	mux.Handle("GET /", http.FileServerFS(root))
	mux.HandleFunc("GET /api/bill", handle(c, c.getBill))
	mux.HandleFunc("POST /api/clock", handle(c, c.moveClock))
	mux.HandleFunc("GET /api/deadletters", handle(c, c.getDeadLetters))
	mux.HandleFunc("GET /api/faults", show(func() any { return map[string]any{"kinds": faultKinds} }))
	mux.HandleFunc("POST /api/faults", handle(c, c.addFault))
	mux.HandleFunc("DELETE /api/faults/{id}", handle(c, c.removeFault))
	mux.HandleFunc("GET /api/live", c.live)
	mux.HandleFunc("GET /api/map", show(func() any { return c.graph() }))
	mux.HandleFunc("POST /api/pause", handle(c, c.pause))
	mux.HandleFunc("GET /api/records", handle(c, c.getRecords))
	mux.HandleFunc("GET /api/records/{id}", handle(c, c.getStory))
	mux.HandleFunc("POST /api/redrive", handle(c, c.redrive))
	mux.HandleFunc("GET /api/requests", show(func() any { return map[string]any{"requests": c.offers()} }))
	mux.HandleFunc("POST /api/requests", handle(c, c.sendRequests))
	mux.HandleFunc("GET /api/settings", show(func() any {
		return map[string]any{"record": c.settings.Record, "region": c.config.Region, "endpoint": c.cloud.Endpoint, "bill": c.meter != nil}
	}))
	return mux
}

// maxBody is the size of a request to the console.
const maxBody = 1 << 20

// failure is an error of what was asked for. Its text is for the person who asked.
type failure struct {
	status int
	text   string
}

func (f failure) Error() string { return f.text }

func invalid(format string, args ...any) error {
	return failure{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

func absent(format string, args ...any) error {
	return failure{http.StatusNotFound, fmt.Sprintf(format, args...)}
}

// number returns a number of the query, which is from 1 to a limit.
func number(r *http.Request, name string, without, limit int) (int, error) {
	text := cmp.Or(r.FormValue(name), strconv.Itoa(without))
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > limit {
		return 0, invalid("%s: must be a number from 1 to %d, got %q", name, limit, text)
	}
	return n, nil
}

// refused makes what an AWS service refuses an error of what was asked for.
func refused(err error) error {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return invalid("%s: %s", e.ErrorCode(), e.ErrorMessage())
	}
	return err
}

// handle makes a handler of a function from the JSON of a request to that of an answer. A request without a body has the zero
// input.
func handle[In, Out any](c *Console, f func(context.Context, *http.Request, *In) (Out, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		in := new(In)
		decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(in); err != nil && !errors.Is(err, io.EOF) {
			refuse(w, http.StatusBadRequest, "reading the request: "+err.Error())
			return
		}
		out, err := f(r.Context(), r, in)
		if err == nil {
			answer(w, http.StatusOK, out)
			return
		}
		failed, ok := errors.AsType[failure](err)
		if !ok {
			c.cloud.Account.Log.Error("console", "path", r.URL.Path, "error", err)
			failed = failure{http.StatusInternalServerError, err.Error()}
		}
		refuse(w, failed.status, failed.text)
	}
}

func refuse(w http.ResponseWriter, status int, text string) {
	answer(w, status, map[string]string{"error": text})
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // an error means that the reader has gone
}
