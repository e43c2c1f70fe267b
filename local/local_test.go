package local_test

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local"
)

func start(t *testing.T, readTimeout time.Duration) *local.Cloud {
	t.Helper()
	c, err := local.Start(local.Options{
		Clock: clockwork.NewRealClock(), Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler), ReadTimeout: readTimeout,
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

func TestARequestWhoseBodyStallsIsEnded(t *testing.T) {
	c := start(t, 100*time.Millisecond)
	for name, length := range map[string]string{"known length": "Content-Length: 1000", "unknown length": "Transfer-Encoding: chunked"} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", strings.TrimPrefix(c.Endpoint, "http://"))
			require.NoError(t, err)
			defer conn.Close()
			require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
			_, err = fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: Kinesis_20131202.ListStreams\r\n%s\r\n\r\n2\r\n{", length)
			require.NoError(t, err)
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			require.NoError(t, err)
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			require.NoError(t, err, "and the connection is closed")
			require.Equal(t, http.StatusRequestTimeout, resp.StatusCode)
			require.Contains(t, string(body), "RequestTimeout")
		})
	}
}

func TestAnIdleConnectionIsKept(t *testing.T) {
	c := start(t, 50*time.Millisecond)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	client := client(c, &http.Client{Transport: transport})
	for range 3 {
		_, err := client.ListStreams(t.Context(), nil)
		require.NoError(t, err)
		time.Sleep(100 * time.Millisecond)
	}
}

func client(c *local.Cloud, over *http.Client) *kinesis.Client {
	return kinesis.New(kinesis.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(c.Endpoint), HTTPClient: over, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(c.Admin.AccessKeyID, c.Admin.SecretAccessKey, ""),
	})
}
