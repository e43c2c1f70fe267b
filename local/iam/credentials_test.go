package iam

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/xray"
	"github.com/stretchr/testify/require"
)

// slowConn returns from a write some time after the data was sent, as on a busy machine.
type slowConn struct{ net.Conn }

func (c slowConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	time.Sleep(100 * time.Millisecond)
	return n, err
}

func TestAResponseMayBeginBeforeTheRequestIsWritten(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // errors are the client's, too
		_, _ = io.WriteString(w, `{"Traces":[`)
		w.(http.Flusher).Flush()
		time.Sleep(300 * time.Millisecond)
		_, _ = io.WriteString(w, `{"Id":"1"}]}`)
	}))
	defer server.Close()
	slow := awshttp.NewBuildableClient().WithTransportOptions(func(tr *http.Transport) {
		tr.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
			return slowConn{conn}, err
		}
	})
	config := Credentials{AccessKeyID: "a", SecretAccessKey: "s"}.Config(server.URL)
	config.RetryMaxAttempts = 1
	config.HTTPClient = &httpClient{slow}
	out, err := xray.NewFromConfig(config).BatchGetTraces(t.Context(), &xray.BatchGetTracesInput{TraceIds: []string{"1"}})
	require.NoError(t, err)
	require.Len(t, out.Traces, 1)
}
