package bench

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/client/rounds"
	"github.com/order-patterns/order-patterns/cmd/client/start"
	"github.com/order-patterns/order-patterns/handlers/oidc/oidctest"
)

const (
	tokens     = 2000                 // that are verified
	tokenLimit = 2 * time.Millisecond // of a warm request, the median
)

// BenchmarkAuthorizer measures what a token costs a warm request: the invocation of authorize-caller, its process and the
// Runtime API included. API Gateway pays it once for each token and minute, and then reuses the answer.
func BenchmarkAuthorizer(b *testing.B) {
	section("Verifying a token", fmt.Sprintf("An invocation of authorize-caller by the Runtime API, of %d; the issuer's keys are cached after the first.", tokens),
		"algorithm", "first", "median", "p95")
	z, err := zip.OpenReader("../../build/local/authorize-caller.zip")
	require.NoError(b, err, "run `make package-local`")
	defer z.Close()
	dir := b.TempDir()
	require.NoError(b, os.CopyFS(dir, z))
	for _, algorithm := range []string{"RS256", "ES256", "EdDSA"} {
		b.Run(algorithm, func(b *testing.B) {
			took := authorize(b, filepath.Join(dir, "bootstrap"), algorithm)
			first, median := took[0], rounds.Quantile(took[1:], 0.5)
			require.Less(b, median, tokenLimit)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(median.Microseconds()), "µs/token")
			row(algorithm, short(first), short(median), short(rounds.Quantile(took[1:], 0.95)))
		})
	}
}

// authorize starts the function, and returns how long each of its invocations takes.
func authorize(b *testing.B, bootstrap, algorithm string) (took []time.Duration) {
	issuer := oidctest.Start(b, algorithm)
	token := issuer.Key.Token(b, algorithm, nil, issuer.Claims(time.Now(), nil))
	event, err := json.Marshal(events.APIGatewayCustomAuthorizerRequest{
		Type: "TOKEN", AuthorizationToken: "Bearer " + token, MethodArn: "arn:aws:execute-api:us-east-1:123456789012:abcde12345/prod/GET/order",
	})
	require.NoError(b, err)
	next, answered := make(chan struct{}), make(chan string)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-next:
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", "r1")
			w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(start.Limit).UnixMilli()))
			_, _ = w.Write(event)
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/r1/", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
		answered <- string(body)
	})
	api := httptest.NewServer(mux)
	defer api.Close()

	cmd := exec.CommandContext(b.Context(), bootstrap)
	cmd.Env = append(slices.Clone(start.Environment), "AWS_LAMBDA_RUNTIME_API="+api.Listener.Addr().String(), "ISSUER="+issuer.URL)
	require.NoError(b, cmd.Start())
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	for range tokens {
		next <- struct{}{}
		began := time.Now()
		body := <-answered
		took = append(took, time.Since(began))
		require.Contains(b, body, `"account":"a0"`)
	}
	return took
}
