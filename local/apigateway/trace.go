package apigateway

import (
	"context"
	"net/http"

	"github.com/order-patterns/order-patterns/local/xray"
)

// beginTrace continues the client's trace or starts one. Only a traced stage makes a sampling decision.
func (x *exchange) beginTrace() {
	incoming := x.request.Header.Get("X-Amzn-Trace-Id")
	if !x.live.tracing {
		var ok bool
		if x.trace, ok = xray.ParseHeader(incoming); ok {
			x.traceHeader = incoming
			return
		}
		x.trace = xray.Header{Root: xray.NewRoot(x.start)}
		x.traceHeader = "Root=" + x.trace.Root
		return
	}
	x.trace = x.service.Traces.Sample(incoming)
	on := x.trace
	if on.Sampled {
		x.segment = xray.NewID()
		on.Parent = x.segment
	}
	x.traceHeader = on.String()
}

func (x *exchange) endTrace() {
	if x.segment == "" {
		return
	}
	r := x.request
	err := x.service.Traces.Put(context.WithoutCancel(r.Context()), principal, xray.Segment{
		TraceID: x.trace.Root, ID: x.segment, ParentID: x.trace.Parent, Name: x.live.traceName, Origin: "AWS::ApiGateway::Stage",
		Start: x.start, End: x.start.Add(x.latency),
		Error: x.status >= 400 && x.status < 500, Throttle: x.status == http.StatusTooManyRequests, Fault: x.status >= 500,
		HTTP: &xray.HTTP{
			Method: r.Method, URL: "http://" + r.Host + r.URL.Path, ClientIP: x.sourceIP(), UserAgent: r.UserAgent(), Status: x.status,
		},
	})
	if err != nil {
		x.service.account.Log.Warn("tracing an API request failed", "api", x.apiID, "stage", x.stageName, "error", err)
	}
}
