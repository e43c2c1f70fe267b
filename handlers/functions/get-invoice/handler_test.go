package main

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/coffee/invoice"
	"github.com/order-patterns/order-patterns/handlers/kit/caller"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
)

// bucket lists its keys, which are given in order, and signs URLs that show what was signed.
type bucket struct {
	keys []string
	fail error
}

func (b *bucket) ListObjectsV2(_ context.Context, in *s3.ListObjectsV2Input, _ ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	if b.fail != nil {
		return nil, b.fail
	}
	if aws.ToString(in.Prefix) != "invoices/a0/" {
		return &s3.ListObjectsV2Output{}, nil
	}
	out := &s3.ListObjectsV2Output{}
	for _, key := range b.keys {
		out.Contents = append(out.Contents, types.Object{Key: aws.String(key)})
	}
	return out, nil
}

func (b *bucket) PresignGetObject(_ context.Context, in *s3.GetObjectInput, options ...func(*s3.PresignOptions)) (*v4.PresignedHTTPRequest, error) {
	var o s3.PresignOptions
	for _, set := range options {
		set(&o)
	}
	return &v4.PresignedHTTPRequest{URL: "https://" + aws.ToString(in.Bucket) + "/" + aws.ToString(in.Key) + "?a=1&life=" + o.Expires.String()}, nil
}

// request reads a recorded event.
var request = handlertest.Event[httpapi.Request]

func call(t *testing.T, b *bucket, r httpapi.Request) (int, string) {
	t.Helper()
	h := &handler{invoices: &invoice.Finder{List: b, Presign: b, Bucket: "b"}}
	answer, err := h.handle(context.Background(), r)
	return handlertest.Answer(t, answer, err)
}

func TestAnswerIsAJSONStringWithTheURLOfTheLatestInvoice(t *testing.T) {
	b := &bucket{keys: []string{"invoices/a0/100/v1/o2/i2.json", "invoices/a0/200/v0/o1/i1.json"}}
	status, body := call(t, b, request(t, "get-invoice.json"))
	require.Equal(t, 200, status)
	require.Equal(t, `"https://b/invoices/a0/100/v1/o2/i2.json?a=1&life=1h0m0s"`, body)

	status, body = call(t, b, request(t, "get-invoice-vendor.json"))
	require.Equal(t, 200, status)
	require.Equal(t, `"https://b/invoices/a0/200/v0/o1/i1.json?a=1&life=1h0m0s"`, body)
}

func TestNoInvoiceIsNotFound(t *testing.T) {
	status, body := call(t, &bucket{}, request(t, "get-invoice.json"))
	require.Equal(t, 404, status)
	require.JSONEq(t, `{"message":"account a0 has no invoice"}`, body)

	status, body = call(t, &bucket{keys: []string{"invoices/a0/100/v1/o2/i2.json"}}, request(t, "get-invoice-vendor.json"))
	require.Equal(t, 404, status)
	require.JSONEq(t, `{"message":"account a0 has no invoice from vendor v0"}`, body)
}

func TestParameterThatIsMissingOrInvalidIsNamed(t *testing.T) {
	for want, query := range map[string]map[string]string{
		"query parameter accountid: is missing":       {"vendorid": "v0"},
		"query parameter accountid: must be 1 to 128": {"accountid": "a0/"},
		"query parameter vendorid: must be 1 to 128":  {"accountid": "a0", "vendorid": ""},
	} {
		status, body := call(t, &bucket{}, httpapi.Request{QueryStringParameters: query})
		require.Equal(t, 400, status)
		require.Contains(t, body, want)
	}
}

func TestBucketThatFailsIsNotAnAbsentInvoice(t *testing.T) {
	status, body := call(t, &bucket{fail: errors.New("AccessDenied on arn:bucket")}, request(t, "get-invoice.json"))
	require.Equal(t, 503, status)
	require.JSONEq(t, `{"message":"the invoice could not be found out; please try again"}`, body)
}

func TestOnlyTheOwnAccountsInvoiceIsAnsweredWithAToken(t *testing.T) {
	for name, c := range handlertest.Callers(request(t, "get-invoice.json"), "a0") {
		for _, b := range []*bucket{{keys: []string{"invoices/a0/200/v0/o1/i1.json"}}, {}} {
			h := &handler{invoices: &invoice.Finder{List: b, Presign: b, Bucket: "b"}, callers: caller.Check{ByToken: true}}
			answer, err := h.handle(t.Context(), c.Request)
			status, body := handlertest.Answer(t, answer, err)
			if c.Allowed {
				require.Equal(t, b.keys == nil, status == 404, name)
				continue
			}
			require.Equal(t, 403, status, name)
			require.Equal(t, `{"message":"not allowed for this account"}`, body, "the same whether there is an invoice or not: %s", name)
		}
		status, _ := call(t, &bucket{keys: []string{"invoices/a0/200/v0/o1/i1.json"}}, c.Request)
		require.Equal(t, 200, status, "%s, without a token", name)
	}
}
