package apigateway

import (
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/order-patterns/order-patterns/local/xray"
)

// exchange is one request to a stage, and what access logs show of it.
type exchange struct {
	service    *Service
	live       *liveStage
	request    *http.Request
	start      time.Time
	requestID  string
	extendedID string
	apiID      string
	stageName  string
	prefix     string // of the path: the stage, or the base path of a custom domain
	path       string // below the stage, as the client wrote it

	method         *method
	resource       resource // empty if there is no method
	apiKey         string   // value of the client's key, and its id, if the method requires one
	apiKeyID       string
	identity       identity       // who signed the request; empty if nobody had to
	authorizer     map[string]any // $context.authorizer; nil without a Lambda authorizer
	pathParameters map[string]string
	query          url.Values
	body           []byte
	overrides      map[string]any // headers that a mapping template set

	trace       xray.Header // Root and Parent as the client sent them, or a new Root
	segment     string      // id of the stage's segment; empty if the request is not traced
	traceHeader string      // for the integration and the client

	status      int
	length      int // bytes of the response's body
	latency     time.Duration
	failure     failure // empty if an integration answered
	integration integrationOutcome
}

// integrationOutcome is what access logs show of an integration.
type integrationOutcome struct {
	status         int // of the backend's answer
	endpointStatus int // of the service that was called
	latency        time.Duration
	err            string
}

// statusText is empty where no integration was called.
func statusText(status int) string {
	if status == 0 {
		return ""
	}
	return strconv.Itoa(status)
}

func (o *integrationOutcome) latencyText() string {
	if o.endpointStatus == 0 && o.err == "" {
		return ""
	}
	return milliseconds(o.latency)
}

func (x *exchange) sourceIP() string {
	host, _, err := net.SplitHostPort(x.request.RemoteAddr)
	if err != nil {
		return x.request.RemoteAddr
	}
	return host
}
