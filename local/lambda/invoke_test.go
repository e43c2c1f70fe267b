package lambda

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestInvokeReturnsWhatTheFunctionAnswers(t *testing.T) {
	c := newCloud(t)
	c.function("echo", nil)
	out := c.invoke("echo", `{"a":[1,2]}`)
	require.JSONEq(t, `{"a":[1,2]}`, string(out.Payload))
	require.Nil(t, out.FunctionError)
	require.Equal(t, "$LATEST", *out.ExecutedVersion)
	require.EqualValues(t, 200, out.StatusCode)
}
