package apigateway_test

import (
	"context"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"
)

var record = flag.Bool("record", false, "rewrite testdata/event.json")

// The event is compared with a recorded one, in which values that differ from run to run are words in capitals.
func TestTheEventHasAllMembersOfFormat1(t *testing.T) {
	a := newCloud(t).deploy(t, document(t), nil)
	a.call(t, "POST /files/a%20b/c?q=1&q=two+words&empty=", `{"text":"<é>"}`,
		"Content-Type", "application/json", "X-Twice", "first", "X-Twice", "second", "User-Agent", "tests/1",
		"X-Forwarded-For", "203.0.113.9", "X-Amzn-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0")

	text := string(a.functions.last.Payload)
	host := strings.TrimPrefix(a.data.URL, "http://")
	_, port, _ := strings.Cut(host, ":")
	e := a.functions.event(t)["requestContext"].(map[string]any)
	for was, is := range map[string]string{
		host: "HOST", `"` + port + `"`: `"PORT"`, a.id: "API", a.deployment: "DEPLOYMENT",
		e["requestId"].(string): "REQUEST", e["extendedRequestId"].(string): "EXTENDED", e["resourceId"].(string): "RESOURCE",
		e["requestTime"].(string): "TIME",
	} {
		text = strings.ReplaceAll(text, was, is)
	}
	text = regexp.MustCompile(`"requestTimeEpoch":\d{13}`).ReplaceAllString(text, `"requestTimeEpoch":0`)
	if *record {
		var indented any
		require.NoError(t, json.Unmarshal([]byte(text), &indented))
		b, err := json.MarshalIndent(indented, "", "  ")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile("testdata/event.json", append(b, '\n'), 0o644))
	}
	want, err := os.ReadFile("testdata/event.json")
	require.NoError(t, err)
	require.JSONEq(t, string(want), text)

	var typed events.APIGatewayProxyRequest
	require.NoError(t, json.Unmarshal(a.functions.last.Payload, &typed))
	require.Equal(t, "a b/c", typed.PathParameters["path"], "path parameters are decoded")
	require.Equal(t, "/files/a%20b/c", typed.Path, "the path is as the client wrote it")
}

func TestMembersWithoutAValueAreNull(t *testing.T) {
	a := newCloud(t).deploy(t, document(t), nil)
	a.call(t, "GET /files/x", "", "User-Agent", "")
	event := a.functions.event(t)
	for _, name := range []string{"body", "queryStringParameters", "multiValueQueryStringParameters", "stageVariables"} {
		require.Contains(t, event, name)
		require.Nil(t, event[name], name)
	}
	require.Nil(t, event["requestContext"].(map[string]any)["identity"].(map[string]any)["userAgent"])
	require.Equal(t, false, event["isBase64Encoded"])
}

func BenchmarkProxiedRequest(b *testing.B) {
	a := newCloud(b).deploy(b, document(b), map[string]any{"xrayTracingEnabled": true})
	handler := a.gateway.Handler()
	w := &discard{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, a.url+"/order", strings.NewReader(goodOrder))
		require.NoError(b, err)
		r.RequestURI, r.RemoteAddr = r.URL.RequestURI(), "127.0.0.1:5000"
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("User-Agent", "benchmark")
		handler.ServeHTTP(w, r)
		if w.status != http.StatusAccepted {
			b.Fatalf("status %d", w.status)
		}
		a.Clock.Advance(1e6)
	}
}

type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(status int)      { d.status = status }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
