package wire

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
)

// Identity is what belongs to an access key.
type Identity struct {
	Secret       string
	SessionToken string // empty for a user's long-lived key
	Principal    policy.Principal
}

// Credentials knows the access keys of the account.
type Credentials interface {
	// Lookup returns what belongs to an access key, and whether it is valid.
	Lookup(accessKey string) (Identity, bool)
}

const (
	algorithm    = "AWS4-HMAC-SHA256"
	amzTime      = "20060102T150405Z"
	maxClockSkew = 15 * time.Minute

	badSignature, badSignatureS3 = "InvalidSignatureException", "SignatureDoesNotMatch"
)

// signature is the parsed form of a request's signature, from the header or from the query string:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
type signature struct {
	accessKey, region, service string
	headers                    []string
	value, token               string
	signedAt                   time.Time
	expires                    time.Duration // of a presigned URL; 0 otherwise
}

var errIncomplete = Errorf(http.StatusForbidden, "IncompleteSignature", "The request signature does not conform to AWS standards.")

// parseSignature returns nil without an error for a request that is not signed.
func parseSignature(r *http.Request) (*signature, error) {
	q, malformed := r.URL.Query(), errPresigned
	presigned := r.Header.Get("Authorization") == ""
	switch {
	case presigned && !q.Has("X-Amz-Algorithm") && !q.Has("X-Amz-Signature"):
		return nil, nil
	case !presigned:
		q, malformed = authorization(r.Header), errIncomplete
	}
	at, err := time.Parse(amzTime, q.Get("X-Amz-Date"))
	seconds, _ := strconv.Atoi(q.Get("X-Amz-Expires")) // 0 if it is no number
	scope, headers, value := strings.Split(q.Get("X-Amz-Credential"), "/"), q.Get("X-Amz-SignedHeaders"), q.Get("X-Amz-Signature")
	if err != nil || q.Get("X-Amz-Algorithm") != algorithm || presigned && (seconds < 1 || seconds > 604800) || value == "" || headers == "" ||
		len(scope) != 5 || scope[4] != "aws4_request" || scope[1] != at.Format("20060102") {
		return nil, malformed
	}
	return &signature{
		accessKey: scope[0], region: scope[2], service: scope[3], headers: strings.Split(headers, ";"), value: value,
		token: q.Get("X-Amz-Security-Token"), signedAt: at, expires: time.Duration(seconds) * time.Second,
	}, nil
}

// authorization returns a signature in headers as a presigned URL has it.
func authorization(h http.Header) url.Values {
	name, rest, _ := strings.Cut(h.Get("Authorization"), " ")
	q := url.Values{}
	for part := range strings.SplitSeq(rest, ",") { // Credential, SignedHeaders and Signature
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		q.Set("X-Amz-"+name, value)
	}
	q["X-Amz-Algorithm"], q["X-Amz-Date"], q["X-Amz-Security-Token"] = []string{name}, h["X-Amz-Date"], h["X-Amz-Security-Token"]
	q.Del("X-Amz-Expires") // only a presigned URL has one
	return q
}

var errPresigned = Errorf(http.StatusBadRequest, "AuthorizationQueryParametersError", "X-Amz-Algorithm must be "+algorithm+
	", X-Amz-Date must be like "+amzTime+", X-Amz-Expires must be from 1 to 604800 seconds, "+
	"and X-Amz-Credential must be KEY/YYYYMMDD/REGION/SERVICE/aws4_request, with X-Amz-SignedHeaders and X-Amz-Signature")

// verifier checks signatures by signing the request again with the secret that belongs to its key.
type verifier struct {
	credentials Credentials
	signer, s3  *v4.Signer
}

func newVerifier(credentials Credentials) *verifier {
	return &verifier{
		credentials: credentials,
		signer:      v4.NewSigner(),
		s3: v4.NewSigner(func(o *v4.SignerOptions) {
			o.DisableURIPathEscaping = true
			o.DisableHeaderHoisting = true
		}),
	}
}

// verify returns who signed the request. now is the cloud's time, by which a presigned URL expires. The age of an ordinary
// signature is measured by the machine's time, because the caller's SDK signs with that.
func (v *verifier) verify(r *http.Request, body []byte, s *signature, now time.Time) (policy.Principal, error) {
	id, ok := v.credentials.Lookup(s.accessKey)
	if !ok || (id.SessionToken != "" && subtle.ConstantTimeCompare([]byte(id.SessionToken), []byte(s.token)) == 0) {
		return policy.Principal{}, s.refuse("InvalidAccessKeyId", "UnrecognizedClientException", "The access key or its session token is not known.")
	}
	if s.region != account.Region {
		return policy.Principal{}, s.refuse(badSignatureS3, badSignature, "Credential should be scoped to a valid region: %s, not %q.", account.Region, s.region)
	}
	hash, err := payloadHash(r, body, s)
	if err != nil {
		return policy.Principal{}, err
	}
	want, err := v.sign(r, hash, s, aws.Credentials{AccessKeyID: s.accessKey, SecretAccessKey: id.Secret, SessionToken: id.SessionToken})
	if err != nil {
		return policy.Principal{}, err
	}
	if subtle.ConstantTimeCompare([]byte(want), []byte(s.value)) == 0 {
		return policy.Principal{}, s.refuse(badSignatureS3, badSignature,
			"The request signature we calculated does not match the signature you provided. Check your key and signing method.")
	}
	switch {
	case s.expires > 0 && now.After(s.signedAt.Add(s.expires)):
		return policy.Principal{}, &Error{Status: http.StatusForbidden, Code: "AccessDenied", Message: "Request has expired", Fields: map[string]any{
			"X-Amz-Expires": strconv.Itoa(int(s.expires / time.Second)),
			"Expires":       s.signedAt.Add(s.expires).UTC().Format(time.RFC3339),
			"ServerTime":    now.UTC().Format(time.RFC3339),
		}}
	case s.expires == 0 && time.Since(s.signedAt).Abs() > maxClockSkew:
		return policy.Principal{}, Errorf(http.StatusForbidden, "RequestTimeTooSkewed",
			"The difference between the request time and the current time is too large.")
	}
	return id.Principal, nil
}

// Authenticate verifies a request that is not for the endpoint but for a service with an address of its own, such as an API
// behind API Gateway, whose name must be in the scope of the signature. The key is empty, without an error, for a request that
// is not signed. Errors are *Error.
func Authenticate(credentials Credentials, r *http.Request, body []byte, service string, now time.Time) (p policy.Principal, accessKey string, err error) {
	s, err := parseSignature(r)
	if s == nil || err != nil {
		return p, "", err
	}
	if s.service != service {
		return p, s.accessKey, s.refuse(badSignatureS3, badSignature, "Credential should be scoped to correct service: '%s'.", service)
	}
	p, err = newVerifier(credentials).verify(r, body, s, now)
	return p, s.accessKey, err
}

// refuse is an error of a signature: S3 has other codes than the other services.
func (s *signature) refuse(s3Code, code, format string, args ...any) error {
	if s.service == "s3" {
		code = s3Code
	}
	return Errorf(http.StatusForbidden, code, format, args...)
}

func (v *verifier) sign(r *http.Request, hash string, s *signature, creds aws.Credentials) (string, error) {
	again := &http.Request{Method: r.Method, Host: r.Host, Header: http.Header{}, URL: &url.URL{
		Scheme: "http", Host: r.Host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery,
	}}
	for _, name := range s.headers {
		switch name {
		case "host":
		case "content-length":
			again.ContentLength = r.ContentLength
		default:
			again.Header[http.CanonicalHeaderKey(name)] = r.Header.Values(name)
		}
	}
	signer := v.signer
	if s.service == "s3" {
		signer = v.s3
	}
	if s.expires == 0 {
		if err := signer.SignHTTP(r.Context(), creds, again, hash, s.service, s.region, s.signedAt); err != nil {
			return "", err
		}
		return s.valueIn(authorization(again.Header)), nil
	}
	query := again.URL.Query()
	for _, own := range []string{"X-Amz-Signature", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Security-Token"} {
		query.Del(own)
	}
	again.URL.RawQuery = query.Encode()
	signed, _, err := signer.PresignHTTP(r.Context(), creds, again, hash, s.service, s.region, s.signedAt)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(signed)
	if err != nil {
		return "", err
	}
	return s.valueIn(u.Query()), nil
}

// valueIn returns the signature of a request signed again, if it covers the same headers as s. The signer
// adds those that every signature must cover.
func (s *signature) valueIn(again url.Values) string {
	if again.Get("X-Amz-SignedHeaders") != strings.Join(s.headers, ";") {
		return ""
	}
	return again.Get("X-Amz-Signature")
}

// payloadHash returns the hash of the body that was signed, after comparing it with the body.
func payloadHash(r *http.Request, body []byte, s *signature) (string, error) {
	const unsigned = "UNSIGNED-PAYLOAD"
	declared := r.Header.Get("X-Amz-Content-Sha256")
	if s.expires > 0 && !slices.Contains(s.headers, "x-amz-content-sha256") {
		return unsigned, nil
	}
	if declared == unsigned || strings.HasPrefix(declared, "STREAMING-") {
		return declared, nil
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	if declared != "" && declared != hash {
		return "", Errorf(http.StatusBadRequest, "XAmzContentSHA256Mismatch",
			"The provided 'x-amz-content-sha256' header does not match what was computed.")
	}
	return hash, nil
}
