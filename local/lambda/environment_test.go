package lambda

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/account"
)

func TestProcessSeesTheVariablesOfAWSAndNothingElse(t *testing.T) {
	t.Setenv("SECRET_OF_THE_PARENT", "x")
	c := newCloud(t)
	c.function("f", func(in *FunctionArgs) {
		in.MemorySize = aws.Int(256)
		in.Environment = &Environment{Variables: map[string]string{"TABLE": "orders"}}
	})
	var list []string
	require.NoError(t, json.Unmarshal(c.invoke("f", `{"do":"env"}`).Payload, &list))
	got := map[string]string{}
	for _, v := range list {
		name, value, _ := strings.Cut(v, "=")
		got[name] = value
	}
	for name, want := range map[string]string{
		"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "AWS_LAMBDA_FUNCTION_NAME": "f",
		"AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "_HANDLER": "bootstrap",
		"AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/f", "TABLE": "orders", "TZ": ":UTC",
		"AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "AWS_ENDPOINT_URL": c.account.Endpoint(),
	} {
		require.Equal(t, want, got[name], name)
	}
	require.Regexp(t, `^\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}$`, got["AWS_LAMBDA_LOG_STREAM_NAME"])
	names := []string{
		"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_LOG_FORMAT",
		"AWS_XRAY_CONTEXT_MISSING", "AWS_XRAY_DAEMON_ADDRESS", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR", "LANG", "PATH", "LD_LIBRARY_PATH",
		"_HANDLER", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
		"_X_AMZN_TRACE_ID", // set by aws-lambda-go for each invocation
	}
	for name := range got {
		known := slices.Contains(names, name) || slices.Contains([]string{"TABLE", "TZ", "AWS_ENDPOINT_URL"}, name)
		require.True(t, known, "unexpected variable %s", name)
	}

	key := got["AWS_ACCESS_KEY_ID"]
	_, valid := c.iam.Lookup(key)
	require.True(t, valid)
	c.lambda.Kill("f")
	eventually(t, "its credentials are revoked", func() bool { _, valid := c.iam.Lookup(key); return !valid })
}

func TestInitFailuresAreTriedTwiceAndReported(t *testing.T) {
	c := newCloud(t)
	c.function("f", func(in *FunctionArgs) {
		in.Environment = &Environment{Variables: map[string]string{"INIT": "exit"}}
	})
	out := c.invoke("f", `{}`)
	require.Equal(t, "Unhandled", aws.ToString(out.FunctionError))
	require.Contains(t, string(out.Payload), "Runtime exited with error: exit status 3")
	require.Contains(t, string(out.Payload), `"errorType":"Runtime.ExitError"`)
	require.EqualValues(t, 2, c.lambda.Stats("f").Environments)
}

// keys records the last use of a key, and answers with err.
type keys struct {
	used    account.KeyUse
	actions []string
	err     error
}

func (k *keys) Use(_ context.Context, u account.KeyUse, actions ...string) error {
	k.used, k.actions = u, actions
	return k.err
}

func TestRoleMustBeAllowedToDecryptTheVariables(t *testing.T) {
	c := newCloud(t)
	k := &keys{err: &account.KeyError{Reason: "AccessDenied", Message: "no identity-based policy allows the kms:Decrypt action"}}
	c.account.Keys = k
	const arn = "arn:aws:kms:us-east-1:123456789012:key/1"
	c.function("f", func(in *FunctionArgs) {
		in.KMSKey = aws.String(arn)
		in.Environment = &Environment{Variables: map[string]string{"TABLE": "orders"}}
	})
	_, err := c.sdk.Invoke(t.Context(), &sdk.InvokeInput{FunctionName: aws.String("f")})
	var denied *types.KMSAccessDeniedException
	require.ErrorAs(t, err, &denied)
	require.Contains(t, *denied.Message, "Lambda was unable to decrypt the environment variables because KMS access was denied.")
	require.Contains(t, *denied.Message, "no identity-based policy allows the kms:Decrypt action")
	require.Equal(t, []string{"kms:Decrypt"}, k.actions)
	require.Equal(t, arn, k.used.Key)
	require.Equal(t, account.GlobalARN("iam", "role/f-role"), k.used.Principal.RoleARN)
	require.Equal(t, map[string]string{"aws:lambda:FunctionArn": functionARN("f")}, k.used.Context)

	k.err = nil
	require.Nil(t, c.invoke("f", `{}`).FunctionError)
}

func TestAFunctionWithoutVariablesNeedsNoKey(t *testing.T) {
	c := newCloud(t)
	c.account.Keys = &keys{err: &account.KeyError{Reason: "AccessDenied"}}
	c.function("f", func(in *FunctionArgs) { in.KMSKey = aws.String("arn:aws:kms:us-east-1:123456789012:key/1") })
	require.Nil(t, c.invoke("f", `{}`).FunctionError)
}

func TestInitMayTakeTenSecondsAndThenTheFunctionsTimeout(t *testing.T) {
	clock := clockwork.NewFakeClock()
	c := newCloudAt(t, clock)
	c.function("f", func(in *FunctionArgs) {
		in.Timeout = aws.Int(20)
		in.Environment = &Environment{Variables: map[string]string{"INIT": "sleep60s"}}
	})
	type answer struct {
		payload string
		err     error
	}
	got := make(chan answer, 1)
	go func() {
		r, err := c.lambda.Invoke(context.Background(), Invocation{Principal: c.principal(), Function: "f"})
		got <- answer{string(r.Payload), err}
	}()
	for _, limit := range []time.Duration{initLimit, 20 * time.Second} {
		// The janitor's timer, and that of the init phase.
		require.NoError(t, clock.BlockUntilContext(context.Background(), 2))
		clock.Advance(limit)
	}
	a := <-got
	require.NoError(t, a.err)
	require.Contains(t, a.payload, "Sandbox.Timedout")
	require.Contains(t, a.payload, "Task timed out after 20.00 seconds")
}

func TestIdleEnvironmentsEnd(t *testing.T) {
	clock := clockwork.NewFakeClock()
	c := newCloudAt(t, clock)
	c.function("f", nil)
	_, err := c.lambda.Invoke(context.Background(), Invocation{Principal: c.principal(), Function: "f"})
	require.NoError(t, err)
	clock.Advance(4 * time.Minute)
	require.Equal(t, 1, c.lambda.Stats("f").Running)
	eventually(t, "it is reaped", func() bool {
		clock.Advance(time.Minute)
		return c.lambda.Stats("f").Running == 0
	})
}

func TestUpdateReplacesEnvironmentsWithoutDisturbingInvocations(t *testing.T) {
	c := newCloud(t)
	f := c.function("f", func(in *FunctionArgs) { in.Environment = &Environment{Variables: map[string]string{"V": "1"}} })
	old := f.current.Load()
	running := make(chan string, 1)
	go func() {
		out := c.invoke("f", `{"do":"sleep","ms":700}`)
		running <- aws.ToString(out.FunctionError)
	}()
	eventually(t, "it runs", func() bool { return f.busy() == 1 })
	in := old.args
	in.Environment = &Environment{Variables: map[string]string{"V": "2"}}
	err := c.lambda.put(f, &in)
	require.NoError(t, err)
	require.Contains(t, string(c.invoke("f", `{"do":"env"}`).Payload), `"V=2"`)
	require.Empty(t, <-running)
	eventually(t, "the old one is gone with its files", func() bool {
		_, err := os.Stat(old.dir)
		return old.pool.size() == 0 && os.IsNotExist(err)
	})
}

func TestClosingEndsReplacedRevisionsToo(t *testing.T) {
	c := newCloud(t)
	f := c.function("f", func(in *FunctionArgs) { in.Timeout = aws.Int(900) })
	go func() {
		_, _ = c.lambda.Invoke(context.Background(), Invocation{Principal: c.principal(), Function: "f", Payload: []byte(`{"do":"sleep","ms":600000}`)})
	}()
	eventually(t, "it runs", func() bool { return f.busy() == 1 })
	in := f.current.Load().args
	err := c.lambda.put(f, &in)
	require.NoError(t, err)
	require.Equal(t, 1, c.lambda.Stats("f").Running)
	require.NoError(t, c.lambda.Close())
	require.Zero(t, c.lambda.Stats("f").Running)
	left, err := os.ReadDir(c.lambda.Dir)
	require.NoError(t, err)
	require.Empty(t, left, "unpacked files are removed")
}

func TestNoProcessSurvivesItsEnvironment(t *testing.T) {
	c := newCloud(t)
	c.function("f", nil)
	child := pidOf(t, c.invoke("f", `{"do":"child"}`).Payload)
	parent := pidOf(t, c.invoke("f", `{"do":"sleep"}`).Payload)
	require.True(t, alive(child))
	require.NoError(t, c.lambda.Close())
	require.False(t, alive(parent))
	eventually(t, "the child is gone", func() bool { return !alive(child) })
	require.NoError(t, c.lambda.Close(), "closing twice is harmless")
}

func pidOf(t *testing.T, payload []byte) int {
	t.Helper()
	var pid int
	require.NoError(t, json.Unmarshal(payload, &pid), string(payload))
	return pid
}

func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)) // a zombie is not alive
	return err != nil || !strings.Contains(string(stat), ") Z ")
}

func TestNoProcessSurvivesTheDeathOfTheCloud(t *testing.T) {
	if os.Getenv("LAMBDA_TEST_VICTIM") != "" {
		c := newCloud(t)
		c.function("f", nil)
		fmt.Printf("pid %s\n", c.invoke("f", `{"do":"sleep"}`).Payload)
		require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGKILL))
		return
	}
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("only Linux ties processes to the one that started them")
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), "LAMBDA_TEST_VICTIM=1", "TMPDIR="+t.TempDir())
	cmd.Dir, _ = filepath.Abs(".")
	out, err := cmd.Output()
	require.Error(t, err, "it kills itself")
	var pid int
	_, rest, _ := strings.Cut(string(out), "pid ")
	_, err = fmt.Sscan(rest, &pid)
	require.NoError(t, err, string(out))
	eventually(t, "the function is gone", func() bool { return !alive(pid) })
}

func TestRuntimeAPIRefusesWhatIsOutOfTurn(t *testing.T) {
	c := newCloud(t)
	f := c.function("f", nil)
	c.invoke("f", `{}`)
	var e *environment
	for e = range f.current.Load().pool.all {
	}
	base := "http://" + c.lambda.api.address() + "/" + e.token + "/2018-06-01/runtime/"
	post := func(url string) (int, string) {
		resp, err := http.Post(url, "application/json", strings.NewReader(`{"errorMessage":"m","errorType":"T"}`))
		require.NoError(t, err)
		defer resp.Body.Close()
		var b errorBody
		_ = json.NewDecoder(resp.Body).Decode(&b)
		return resp.StatusCode, b.Type
	}
	status, kind := post(base + "invocation/none/response")
	require.Equal(t, []any{400, "InvalidRequestID"}, []any{status, kind})
	status, _ = post(strings.Replace(base, e.token, "guess", 1) + "init/error")
	require.Equal(t, 404, status)
}
