package local_test

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	pulumiarchive "github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
)

// packaged builds a command and zips it as a function.
func packaged(t *testing.T, folder string) *pulumiarchive.Archive {
	t.Helper()
	dir := t.TempDir()
	build := exec.Command("go", "test", "-c", "-tags=lambda.norpc", "-o", filepath.Join(dir, "bootstrap"), folder)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	program, err := os.ReadFile(filepath.Join(dir, "bootstrap"))
	require.NoError(t, err)
	file, err := os.Create(filepath.Join(dir, "code.zip"))
	require.NoError(t, err)
	z := zip.NewWriter(file)
	h := &zip.FileHeader{Name: "bootstrap"}
	h.SetMode(0o755)
	w, err := z.CreateHeader(h)
	require.NoError(t, err)
	_, err = w.Write(program)
	require.NoError(t, errors.Join(err, z.Close(), file.Close()))
	code, err := pulumiarchive.FromPath(file.Name())
	require.NoError(t, err)
	return code
}

func TestAFunctionJudgesTokensIfTheAPIMayInvokeIt(t *testing.T) {
	cloud := start(t, 0)
	e := &cloudtest.Engine{Provider: cloud.Provider, Account: cloud.Account, IAM: cloud.IAM, Name: "judge"}
	_, role := e.MustDeploy(t, "aws:iam/role:Role", map[string]any{"assumeRolePolicy": `{"Version":"2012-10-17","Statement":
		[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`})
	architecture := map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH]
	_, function := e.MustDeploy(t, "aws:lambda/function:Function", map[string]any{
		"name": "judge", "role": role["arn"], "code": packaged(t, "./testdata/authorizer"), "runtime": "provided.al2023", "handler": "bootstrap",
		"architectures": []any{architecture}, "timeout": 10,
	})
	uri := "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/" + function["arn"].(string) + "/invocations"
	api, _ := e.MustDeploy(t, "aws:apigateway/restApi:RestApi", map[string]any{"body": fmt.Sprintf(`{"openapi":"3.0.1",
		"components":{"securitySchemes":{"jwt":{"type":"apiKey","name":"Authorization","in":"header","x-amazon-apigateway-authtype":"custom",
			"x-amazon-apigateway-authorizer":{"type":"token","authorizerUri":%q}}}},
		"paths":{"/account":{"get":{"security":[{"jwt":[]}],"responses":{"200":{"description":"x"}},
			"x-amazon-apigateway-integration":{"type":"aws_proxy","httpMethod":"POST","uri":%q}}}}}`, uri, uri)})
	deployment, _ := e.MustDeploy(t, "aws:apigateway/deployment:Deployment", map[string]any{"restApi": api})
	_, stage := e.MustDeploy(t, "aws:apigateway/stage:Stage", map[string]any{"restApi": api, "stageName": "prod", "deployment": deployment})
	url := stage["invokeUrl"].(string) + "/account"
	permit := func(id, part string) {
		e.MustDeploy(t, "aws:lambda/permission:Permission", map[string]any{
			"statementId": id, "function": "judge", "action": "lambda:InvokeFunction", "principal": "apigateway.amazonaws.com",
			"sourceArn": "arn:aws:execute-api:us-east-1:123456789012:" + api + part,
		})
	}

	permit("method", "/prod/GET/account")
	status, body := fetch(t, url, "Bearer good")
	require.Equal(t, 500, status)
	require.JSONEq(t, `{"message":null}`, body, "the permission for the method is none for the authorizer")
	permit("authorizer", "/authorizers/*")
	status, body = fetch(t, url, "Bearer bad")
	require.Equal(t, 401, status, body)
	status, body = fetch(t, url, "Bearer good")
	require.Equal(t, 200, status, body)
	require.Equal(t, "a0", body)
}

func fetch(t *testing.T, url, authorization string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", authorization)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(body)
}
