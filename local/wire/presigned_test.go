package wire_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"
)

func presign(t *testing.T, client *s3.Client, key string) string {
	t.Helper()
	signed, err := s3.NewPresignClient(client).PresignGetObject(t.Context(),
		&s3.GetObjectInput{Bucket: aws.String("bucket"), Key: &key}, s3.WithPresignExpires(time.Hour))
	require.NoError(t, err)
	return signed.URL
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	return do(t, request(t, http.MethodGet, url, ""))
}

func presigned(t *testing.T, e *endpoint, key aws.Credentials) string {
	return presign(t, s3.NewFromConfig(e.config(key, nil), func(o *s3.Options) { o.UsePathStyle = true }), "invoices/a0")
}

func TestPresignedURLActsAsItsSigner(t *testing.T) {
	e := serve(t, whoami("s3"))
	for key, who := range map[*aws.Credentials]string{
		&userKey: "arn:aws:iam::123456789012:user/u ", &roleKey: "arn:aws:sts::123456789012:assumed-role/r/s ",
	} {
		status, body := get(t, presigned(t, e, *key))
		require.Equal(t, http.StatusOK, status, body)
		require.Equal(t, who, body)
	}
}

func TestPresignedURLExpiresByTheCloudsClock(t *testing.T) {
	e := serve(t, whoami("s3"))
	url := presigned(t, e, roleKey)
	e.clock.Advance(59 * time.Minute)
	status, body := get(t, url)
	require.Equal(t, http.StatusOK, status, body)

	e.clock.Advance(2 * time.Minute)
	status, body = get(t, url)
	require.Equal(t, http.StatusForbidden, status)
	require.Contains(t, body, "<Code>AccessDenied</Code>")
	require.Contains(t, body, "<Message>Request has expired</Message>")
	require.Contains(t, body, "<X-Amz-Expires>3600</X-Amz-Expires>")
	require.Contains(t, body, "<ServerTime>"+e.clock.Now().UTC().Format(time.RFC3339)+"</ServerTime>")
}

func TestChangedPresignedURLIsRefused(t *testing.T) {
	e := serve(t, whoami("s3"))
	set := func(name, value string) func(url.Values) { return func(q url.Values) { q.Set(name, value) } }
	for _, c := range []struct {
		name string
		edit func(url.Values)
		want string
	}{
		{"later expiry", set("X-Amz-Expires", "7200"), "SignatureDoesNotMatch"},
		{"later date", set("X-Amz-Date", time.Now().Add(time.Second).UTC().Format("20060102T150405Z")), "SignatureDoesNotMatch"},
		{"one parameter more", set("response-content-type", "text/html"), "SignatureDoesNotMatch"},
		{"a parameter twice", func(q url.Values) { q.Add("X-Amz-Expires", "1") }, "SignatureDoesNotMatch"},
		{"another key", set("X-Amz-Credential", "AKIAUSER/"+time.Now().UTC().Format("20060102")+"/us-east-1/s3/aws4_request"), "SignatureDoesNotMatch"},
		{"an unknown key", set("X-Amz-Credential", "AKIANONE/"+time.Now().UTC().Format("20060102")+"/us-east-1/s3/aws4_request"), "InvalidAccessKeyId"},
		{"another token", set("X-Amz-Security-Token", "guessed"), "InvalidAccessKeyId"},
		{"no token", func(q url.Values) { q.Del("X-Amz-Security-Token") }, "InvalidAccessKeyId"},
		{"no signature", func(q url.Values) { q.Del("X-Amz-Signature") }, "AuthorizationQueryParametersError"},
		{"no algorithm", func(q url.Values) { q.Del("X-Amz-Algorithm") }, "X-Amz-Algorithm must be AWS4-HMAC-SHA256"},
		{"another algorithm", set("X-Amz-Algorithm", "AWS4-HMAC-SHA1"), "X-Amz-Algorithm must be AWS4-HMAC-SHA256"},
		{"no date", func(q url.Values) { q.Del("X-Amz-Date") }, "X-Amz-Date must be like 20060102T150405Z"},
		{"a date that is none", set("X-Amz-Date", "2026-11-22"), "X-Amz-Date must be like 20060102T150405Z"},
		{"no expiry", func(q url.Values) { q.Del("X-Amz-Expires") }, "X-Amz-Expires must be from 1 to 604800 seconds"},
		{"expiry 0", set("X-Amz-Expires", "0"), "X-Amz-Expires must be from 1 to 604800 seconds"},
		{"expiry of more than a week", set("X-Amz-Expires", "604801"), "X-Amz-Expires must be from 1 to 604800 seconds"},
		{"half a credential", set("X-Amz-Credential", "ASIAROLE/20261122"), "X-Amz-Credential must be KEY/YYYYMMDD/REGION/SERVICE/aws4_request"},
		{"no signed headers", func(q url.Values) { q.Del("X-Amz-SignedHeaders") }, "AuthorizationQueryParametersError"},
		{"more signed headers", set("X-Amz-SignedHeaders", "host;x-amz-acl"), "SignatureDoesNotMatch"},
	} {
		t.Run(c.name, func(t *testing.T) {
			u, err := url.Parse(presigned(t, e, roleKey))
			require.NoError(t, err)
			q := u.Query()
			c.edit(q)
			u.RawQuery = q.Encode()
			status, body := get(t, u.String())
			require.GreaterOrEqual(t, status, 400)
			require.Contains(t, body, c.want)
			require.Contains(t, body, "<Error><Code>")
		})
	}
	t.Run("another object", func(t *testing.T) {
		_, body := get(t, strings.Replace(presigned(t, e, roleKey), "invoices/a0", "invoices/a1", 1))
		require.Contains(t, body, "SignatureDoesNotMatch")
	})
	t.Run("another method", func(t *testing.T) {
		_, body := do(t, request(t, http.MethodDelete, presigned(t, e, roleKey), ""))
		require.Contains(t, body, "SignatureDoesNotMatch")
	})
}

func TestUnsignedRequestIsAnonymous(t *testing.T) {
	e := serve(t, whoami("s3"))
	status, body := get(t, e.url+"/bucket/key")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "anonymous ", body)

	// No other service takes requests of nobody.
	r := request(t, http.MethodPost, e.url, "Action=Publish")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	status, body = do(t, r)
	require.Equal(t, http.StatusForbidden, status)
	require.Contains(t, body, "<Code>MissingAuthenticationToken</Code>")
}
