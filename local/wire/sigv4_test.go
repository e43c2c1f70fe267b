package wire_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"
)

// signing is how a test's request is signed before it is sent.
type signing struct {
	key             aws.Credentials
	service, region string
	at              time.Time
	after           func(*http.Request) // what happens to it on its way
}

func (s signing) send(t *testing.T, e *endpoint) (int, string) {
	t.Helper()
	const body = `{"TableName":"orders"}`
	r := request(t, http.MethodPost, e.url+"/path%20of/it?b=2&a=1&a=0", body)
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810.GetItem")
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	sum := sha256.Sum256([]byte(body))
	require.NoError(t, v4.NewSigner().SignHTTP(t.Context(), s.key, r, hex.EncodeToString(sum[:]), s.service, s.region, s.at))
	if s.after != nil {
		s.after(r)
	}
	return do(t, r)
}

func TestPrincipalIsTheSigner(t *testing.T) {
	e := serve(t, whoami("dynamodb"))
	for key, who := range map[*aws.Credentials]string{
		&userKey: "arn:aws:iam::123456789012:user/u", &roleKey: "arn:aws:sts::123456789012:assumed-role/r/s",
	} {
		status, body := signing{key: *key, service: "dynamodb", region: "us-east-1", at: time.Now()}.send(t, e)
		require.Equal(t, http.StatusOK, status, body)
		require.Equal(t, who+` {"TableName":"orders"}`, body)
	}
}

func TestWrongSignatureIsRefused(t *testing.T) {
	e := serve(t, whoami("dynamodb"))
	other := aws.Credentials{AccessKeyID: "AKIAOTHER", SecretAccessKey: "user-secret"}
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	edit := func(old, new string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, new, 1))
		}
	}
	for _, c := range []struct {
		name string
		with func(*signing)
		want string
	}{
		{"an unknown key", func(s *signing) { s.key = other }, "UnrecognizedClientException"},
		{"the wrong secret", func(s *signing) { s.key.SecretAccessKey = "guessed" }, "InvalidSignatureException"},
		{"a session's key without its token", func(s *signing) {
			s.key = roleKey
			s.key.SessionToken = ""
		}, "UnrecognizedClientException"},
		{"a session's key with another token", func(s *signing) {
			s.key = roleKey
			s.key.SessionToken = "guessed"
		}, "UnrecognizedClientException"},
		{"a token taken off on its way", func(s *signing) {
			s.key = roleKey
			s.after = func(r *http.Request) { r.Header.Del("X-Amz-Security-Token") }
		}, "UnrecognizedClientException"},
		{"another Region", func(s *signing) { s.region = "eu-west-1" }, "us-east-1, not \\\"eu-west-1\\\""},
		{"a Region changed on its way", func(s *signing) {
			s.region = "eu-west-1"
			s.after = edit("eu-west-1", "us-east-1")
		}, "InvalidSignatureException"},
		{"a service changed on its way", func(s *signing) {
			s.service = "sqs"
			s.after = edit("/sqs/", "/dynamodb/")
		}, "InvalidSignatureException"},
		{"another method", func(s *signing) { s.after = func(r *http.Request) { r.Method = http.MethodPut } }, "InvalidSignatureException"},
		{"another path", func(s *signing) { s.after = func(r *http.Request) { r.URL.Path, r.URL.RawPath = "/x", "" } }, "InvalidSignatureException"},
		{"another query", func(s *signing) { s.after = func(r *http.Request) { r.URL.RawQuery = "b=2&a=1&a=9" } }, "InvalidSignatureException"},
		{"another body", func(s *signing) {
			s.after = func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(`{"TableName":"orderz"}`)) }
		}, "InvalidSignatureException"},
		{"a body that is declared not to be signed", func(s *signing) { s.after = set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD") }, "InvalidSignatureException"},
		{"a body that differs from the declared one", func(s *signing) { s.after = set("X-Amz-Content-Sha256", strings.Repeat("0", 64)) }, "XAmzContentSHA256Mismatch"},
		{"another target", func(s *signing) { s.after = set("X-Amz-Target", "DynamoDB_20120810.DeleteTable") }, "InvalidSignatureException"},
		{"another host", func(s *signing) { s.after = func(r *http.Request) { r.Host = "example.com" } }, "InvalidSignatureException"},
		{"a header left out of the signature", func(s *signing) { s.after = edit(";x-amz-target", "") }, "InvalidSignatureException"},
		{"the host left out of the signature", func(s *signing) { s.after = edit("host;", "") }, "InvalidSignatureException"},
		{"another date", func(s *signing) {
			s.after = set("X-Amz-Date", time.Now().Add(time.Second).UTC().Format("20060102T150405Z"))
		}, "InvalidSignatureException"},
		{"no date", func(s *signing) { s.after = func(r *http.Request) { r.Header.Del("X-Amz-Date") } }, "IncompleteSignature"},
		{"another algorithm", func(s *signing) { s.after = edit("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256") }, "IncompleteSignature"},
		{"half a scope", func(s *signing) { s.after = edit("/dynamodb/aws4_request", "") }, "IncompleteSignature"},
		{"no signature", func(s *signing) { s.after = edit("Signature=", "Sig=") }, "IncompleteSignature"},
		{"nothing but its name", func(s *signing) { s.after = set("Authorization", "AWS4-HMAC-SHA256 ") }, "IncompleteSignature"},
		{"no Authorization", func(s *signing) { s.after = func(r *http.Request) { r.Header.Del("Authorization") } }, "MissingAuthenticationToken"},
		{"signed 16 minutes ago", func(s *signing) { s.at = time.Now().Add(-16 * time.Minute) }, "RequestTimeTooSkewed"},
		{"signed 16 minutes ahead", func(s *signing) { s.at = time.Now().Add(16 * time.Minute) }, "RequestTimeTooSkewed"},
		{"a service that there is not", func(s *signing) { s.service = "kinesis" }, `the service \"kinesis\"`},
		{"version 2", func(s *signing) { s.after = set("Authorization", "AWS AKIAUSER:c2lnbmF0dXJl") }, "IncompleteSignature"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := signing{key: userKey, service: "dynamodb", region: "us-east-1", at: time.Now()}
			c.with(&s)
			status, body := s.send(t, e)
			require.GreaterOrEqual(t, status, 400)
			require.Contains(t, body, c.want)
		})
	}
}

func TestSignatureExpiresAfterFifteenMinutes(t *testing.T) {
	e := serve(t, whoami("dynamodb"))
	for _, age := range []time.Duration{-14 * time.Minute, 14 * time.Minute} {
		s := signing{key: userKey, service: "dynamodb", region: "us-east-1", at: time.Now().Add(age)}
		if s.at.UTC().YearDay() != time.Now().UTC().YearDay() {
			continue // around midnight both are right, but of another day
		}
		status, body := s.send(t, e)
		require.Equal(t, http.StatusOK, status, body)
	}
}

// The signature's age is measured by the machine's clock, with which SDKs sign, not by the cloud's.
func TestSDKWorksWithStoppedOrMovedClock(t *testing.T) {
	e := serve(t, whoami("s3"))
	e.clock.Advance(30 * 24 * time.Hour)
	client := s3.NewFromConfig(e.config(userKey, nil), func(o *s3.Options) { o.UsePathStyle = true })
	_, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("b"), Key: aws.String("k")})
	require.NoError(t, err)
}

func TestObjectKeysWithAnyCharactersCanBeSigned(t *testing.T) {
	e := serve(t, whoami("s3"))
	client := s3.NewFromConfig(e.config(roleKey, nil), func(o *s3.Options) { o.UsePathStyle = true })
	for _, key := range []string{"invoices/a0/v0", "a b+c", "ü/€", "a//b", "%41", "a=b&c?d#e", "~!*'();:@$,[]"} {
		t.Run(key, func(t *testing.T) {
			out, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: &key, Body: strings.NewReader("body"),
				Metadata: map[string]string{"note": "a  b"}})
			require.NoError(t, err)
			require.NotNil(t, out)
			status, body := get(t, presign(t, client, key))
			require.Equal(t, http.StatusOK, status, body)
			require.Equal(t, "arn:aws:sts::123456789012:assumed-role/r/s ", body)
		})
	}
}

func TestAClientOfAnotherServiceIsVerifiedToo(t *testing.T) {
	e := serve(t, whoami("dynamodb"))
	wrong := userKey
	wrong.SecretAccessKey = "guessed"
	_, err := dynamodb.NewFromConfig(e.config(wrong, nil)).ListTables(t.Context(), &dynamodb.ListTablesInput{})
	refused(t, err, "InvalidSignatureException")
}
