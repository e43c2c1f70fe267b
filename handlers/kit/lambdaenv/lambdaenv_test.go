package lambdaenv_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
	"github.com/order-patterns/order-patterns/handlers/kit/logfields"
	"github.com/order-patterns/order-patterns/handlers/kit/trace/tracetest"
)

func TestMissingVariablesAreAllNamed(t *testing.T) {
	t.Setenv("TABLE_NAME", "t")
	t.Setenv("EMPTY", "")
	env := &lambdaenv.Env{}
	require.Equal(t, "t", env.Required("TABLE_NAME"))
	require.NoError(t, env.Err())
	env.Required("TOPIC_ARN")
	env.Required("EMPTY")
	require.EqualError(t, env.Err(), "required environment variables are not set: TOPIC_ARN, EMPTY")
}

func TestAValueThatIsNotOneOfThoseIsRefused(t *testing.T) {
	env := &lambdaenv.Env{}
	require.Empty(t, env.OneOf("UNSET", "none", "jwt"))
	t.Setenv("AUTH", "jwt")
	require.Equal(t, "jwt", env.OneOf("AUTH", "none", "jwt"))
	require.NoError(t, env.Err())
	t.Setenv("AUTH", "JWT")
	env.OneOf("AUTH", "none", "jwt")
	env.Required("TOPIC_ARN")
	require.EqualError(t, env.Err(), "environment variable AUTH: must be one of none, jwt, got \"JWT\"\nrequired environment variables are not set: TOPIC_ARN")
}

func TestAnInvalidJSONVariableIsRefused(t *testing.T) {
	type route struct{ Scopes []string }
	for value, want := range map[string]string{
		`[{"scopes":["a"]}]`: "",
		"":                   "required environment variables are not set: ROUTES",
		`[{"scopes":"a"}]`:   "environment variable ROUTES: json: cannot unmarshal string into Go",
		`[{"scope":["a"]}]`:  `environment variable ROUTES: json: unknown field "scope"`,
		`[`:                  "environment variable ROUTES: unexpected EOF",
	} {
		t.Setenv("ROUTES", value)
		env, routes := &lambdaenv.Env{}, []route{}
		env.JSON("ROUTES", &routes)
		if want == "" {
			require.NoError(t, env.Err())
			require.Equal(t, []route{{[]string{"a"}}}, routes)
			continue
		}
		require.ErrorContains(t, env.Err(), want)
	}
}

func TestAVariableThatCannotBeParsedIsRefused(t *testing.T) {
	t.Setenv("COUNT", "7")
	env := &lambdaenv.Env{}
	require.Equal(t, 7, lambdaenv.Parsed(env, "COUNT", strconv.Atoi))
	require.Equal(t, "", lambdaenv.Parsed(env, "UNSET", func(s string) (string, error) { return s, nil }))
	require.NoError(t, env.Err())
	t.Setenv("COUNT", "seven")
	lambdaenv.Parsed(env, "COUNT", strconv.Atoi)
	require.EqualError(t, env.Err(), `environment variable COUNT: strconv.Atoi: parsing "seven": invalid syntax`)
}

func TestSetupLoadsTheAWSConfiguration(t *testing.T) {
	threads := runtime.GOMAXPROCS(0)
	log := slog.Default()
	t.Cleanup(func() {
		runtime.GOMAXPROCS(threads)
		slog.SetDefault(log)
	})
	t.Setenv("AWS_REGION", "eu-west-1")
	require.Equal(t, "eu-west-1", lambdaenv.Setup().AWS.Region)
}

func TestLogRecordsAreJSONWithWhatTheyAreAbout(t *testing.T) {
	t.Setenv("PATTERN", "fan-out")
	var out bytes.Buffer
	log := slog.New(lambdaenv.NewLogHandler(&out)).With("function", "f", "messageId", "m1")
	ctx := tracetest.Invocation(t.Context(), "Root="+tracetest.Root+";Sampled=0", "r-1")
	ctx = logfields.Add(ctx, "orderId", "o1", "messageId", "another", "outcome", "another")
	log.DebugContext(ctx, "not written")
	log.InfoContext(ctx, "order stored", "outcome", "stored")
	var record map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &record), out.String())
	require.NotEmpty(t, record["timestamp"])
	delete(record, "timestamp")
	require.Equal(t, map[string]any{
		"level": "INFO", "message": "order stored", "function": "f", "pattern": "fan-out", "requestId": "r-1", "traceId": tracetest.Root,
		"orderId": "o1", "messageId": "m1", "outcome": "stored",
	}, record)
	require.Equal(t, 1, strings.Count(out.String(), `"outcome"`), "no field is there twice")
	require.Equal(t, 1, strings.Count(out.String(), `"messageId"`))
}

// The saved query that counts errors needs what they have in common.
func TestALineOfAnErrorHasItsCause(t *testing.T) {
	denied := fmt.Errorf("writing o1: %w", &smithy.GenericAPIError{Code: "AccessDenied", Message: "request 4711"})
	for _, c := range []struct {
		err  any
		want any
	}{{denied, "AccessDenied"}, {fmt.Errorf("writing o1: %w", errors.New("down")), "down"}, {"a text", nil}} {
		var out bytes.Buffer
		slog.New(lambdaenv.NewLogHandler(&out)).Error("order not stored", "error", c.err)
		var record map[string]any
		require.NoError(t, json.Unmarshal(out.Bytes(), &record), out.String())
		require.Equal(t, c.want, record["cause"])
		require.Equal(t, fmt.Sprint(c.err), record["error"])
	}
}

func TestALogRecordOutsideOfAnInvocationHasNoEmptyFields(t *testing.T) {
	var out bytes.Buffer
	slog.New(lambdaenv.NewLogHandler(&out)).Info("started")
	require.Regexp(t, `^{"timestamp":"[^"]+","level":"INFO","message":"started"}\n$`, out.String())
}

func TestLogLevelComesFromTheFunctionsSettings(t *testing.T) {
	for setting, want := range map[string]slog.Level{"": slog.LevelInfo, "DEBUG": slog.LevelDebug, "ERROR": slog.LevelError, "TRACE": slog.LevelInfo} {
		t.Setenv("AWS_LAMBDA_LOG_LEVEL", setting)
		h := lambdaenv.NewLogHandler(&bytes.Buffer{})
		require.True(t, h.Enabled(context.Background(), want), setting)
		require.False(t, h.Enabled(context.Background(), want-1), setting)
	}
}

func TestTheNumberOfThreadsFollowsTheMemorySize(t *testing.T) {
	for memory, want := range map[string]int{
		"128": 1, "512": 1, "1769": 1, "1770": 2, "3538": 2, "10240": 6, // the table in AWS's documentation ends at six
		"": runtime.NumCPU(), "plenty": runtime.NumCPU(), "0": runtime.NumCPU(),
	} {
		require.Equal(t, want, lambdaenv.Processors(memory), memory)
	}
}

func TestThrottlingBySNSIsRetried(t *testing.T) {
	throttled := &smithy.GenericAPIError{Code: "Throttled"}
	require.False(t, retry.NewStandard().IsErrorRetryable(throttled), "the SDK has learnt it: drop Retrying")
	retryer := (&lambdaenv.Env{}).Retrying("Throttled").Retryer()
	require.True(t, retryer.IsErrorRetryable(throttled))
	require.False(t, retryer.IsErrorRetryable(&smithy.GenericAPIError{Code: "AuthorizationError"}))
	require.True(t, retryer.IsErrorRetryable(&smithy.GenericAPIError{Code: "ThrottlingException"}))
}
