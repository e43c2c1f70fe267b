package apigateway_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/stretchr/testify/require"
)

func TestSettingsOfOneMethodReplaceThoseOfAll(t *testing.T) {
	c := newCloud(t)
	a := c.deploy(t, document(t), nil)
	settings := func(path string, burst int) map[string]any {
		return map[string]any{"restApi": a.id, "stageName": "prod", "methodPath": path, "settings": map[string]any{"throttlingRateLimit": 0.001, "throttlingBurstLimit": burst}}
	}
	allowed := func(line string) (n int) {
		for ; n < 9 && a.call(t, line, `{"order":{"accountid":"a0","vendorid":"v0"}}`).status != 429; n++ {
		}
		return n
	}
	_, _ = c.MustDeploy(t, settingsType, settings("*/*", 2))
	post, _ := c.MustDeploy(t, settingsType, settings("order/POST", 3))
	nested, _ := c.MustDeploy(t, settingsType, settings("~1order~1{orderid}~1status/GET", 1))
	require.Equal(t, 3, allowed("POST /order"))
	require.Equal(t, 2, allowed("GET /order?accountid=a&vendorid=v"))
	require.Equal(t, 1, allowed(status))

	out, err := c.client.GetStage(t.Context(), &sdk.GetStageInput{RestApiId: &a.id, StageName: aws.String("prod")})
	require.NoError(t, err)
	require.Len(t, out.MethodSettings, 3)
	require.EqualValues(t, 3, out.MethodSettings["order/POST"].ThrottlingBurstLimit)

	require.NoError(t, c.Update(t, settingsType, post, settings("order/POST", 4)))
	require.Equal(t, 4, allowed("POST /order"))
	require.NoError(t, c.Delete(t, settingsType, post))
	require.NoError(t, c.Delete(t, settingsType, nested))
	require.Nil(t, c.Read(t, settingsType, post))
	require.Equal(t, 2, allowed(status), "those of all methods")
}
