package main

import (
	"context"
	"errors"
	"io"
	"os"
	"reflect"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/invoice"
)

// bucket keeps the objects put to it, and refuses a key that is taken, unless told to fail.
type bucket struct {
	objects map[string]string
	fail    error // before it writes
	lose    error // after it wrote
}

func (b *bucket) PutObject(_ context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	key := aws.ToString(in.Key)
	if b.fail != nil {
		return nil, b.fail
	}
	if _, taken := b.objects[key]; taken {
		return nil, &smithy.GenericAPIError{Code: "PreconditionFailed"}
	}
	body, err := io.ReadAll(in.Body)
	if err != nil {
		return nil, err
	}
	if b.objects == nil {
		b.objects = map[string]string{}
	}
	b.objects[key] = string(body)
	return &s3.PutObjectOutput{}, b.lose
}

func recorded(t *testing.T, file string) []byte {
	t.Helper()
	input, err := os.ReadFile("testdata/" + file)
	require.NoError(t, err)
	return input
}

// call runs the function as the Lambda runtime does. errorType is the name that Step Functions would see.
func call(b *bucket, input []byte) (output, errorType string, err error) {
	h := &handler{invoices: &invoice.Writer{Client: b, Bucket: "invoices"}}
	out, err := lambda.NewHandler(h.handle).Invoke(context.Background(), input)
	if err != nil {
		return "", reflect.Indirect(reflect.ValueOf(err)).Type().Name(), err
	}
	return string(out), "", nil
}

const (
	id      = "26a4ce47-b9a1-5995-966c-292b5c1e6618"
	key     = "invoices/a0/251629946999876543/v0/7e9b24b8-0b3c-4f63-9c6e-0d3b8f1d2a55/" + id + ".json"
	written = `{"invoiceid":"` + id + `","key":"` + key + `"}`
)

func TestAnInvoiceIsWrittenOnceHoweverOftenItIsAskedFor(t *testing.T) {
	b := &bucket{}
	// Step Functions keeps the value of a number, and not its spelling.
	for _, file := range []string{"order.json", "order.json", "order-respelled.json"} {
		out, _, err := call(b, recorded(t, file))
		require.NoError(t, err)
		require.Equal(t, written, out)
	}
	require.Len(t, b.objects, 1)
	require.Contains(t, b.objects[key], `"invoiceid":"`+id+`","orderid":"7e9b24b8-0b3c-4f63-9c6e-0d3b8f1d2a55"`)
	require.Contains(t, b.objects[key], `"total":7}`)
}

func TestWhatHasNoInvoiceIsAnInvalidOrder(t *testing.T) {
	for what, input := range map[string][]byte{
		"a completion": recorded(t, "order-completed.json"), "nothing": []byte(`{}`), "an order without id": []byte(`{"order":{}}`), "a list": []byte(`[1]`),
	} {
		b := &bucket{}
		_, errorType, err := call(b, input)
		require.Equal(t, "InvalidOrder", errorType, "%s: %v", what, err)
		require.Empty(t, b.objects, what)
	}
}

func TestErrorsHaveTheNamesThatTheStateMachineMatches(t *testing.T) {
	for want, cause := range map[string]error{
		"InvoiceUnavailable": &smithy.GenericAPIError{Code: "SlowDown", Message: "slow down"},
		"InvoiceRefused":     &smithy.GenericAPIError{Code: "AccessDenied", Message: "no PutObject for you"},
	} {
		_, errorType, err := call(&bucket{fail: cause}, recorded(t, "order.json"))
		require.Equal(t, want, errorType)
		require.ErrorContains(t, err, "writing the invoice of order 7e9b24b8-0b3c-4f63-9c6e-0d3b8f1d2a55 to bucket invoices: "+cause.Error())
	}
}

func TestAnAnswerThatWasLostIsUnavailableAndTheNextTryIsAsTheFirst(t *testing.T) {
	b := &bucket{lose: errors.New("connection reset by peer")}
	_, errorType, err := call(b, recorded(t, "order.json"))
	require.Equal(t, "InvoiceUnavailable", errorType, err)
	b.lose = nil
	out, _, err := call(b, recorded(t, "order.json"))
	require.NoError(t, err)
	require.Equal(t, written, out)
	require.Len(t, b.objects, 1)
}
