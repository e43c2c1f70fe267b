package task_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/coffee/invoice"
	"github.com/order-patterns/order-patterns/handlers/coffee/store"
	"github.com/order-patterns/order-patterns/handlers/coffee/task"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// name is what the Lambda runtime reports as the error type.
func name(err error) string {
	if err == nil {
		return ""
	}
	if t := reflect.TypeOf(err); t.Kind() == reflect.Pointer {
		return t.Elem().Name()
	}
	return reflect.TypeOf(err).Name()
}

var placed = coffee.Order{
	OrderID: "o1", AccountID: "a0", VendorID: "v0", EventType: coffee.NewOrder, City: "Berlin",
	OrderDate: time.Date(2026, 3, 1, 8, 30, 0, 0, time.UTC),
	Details:   coffee.Details{CoffeeType: "espresso", CoffeeSize: "small", UnitPrice: 35_000, Quantity: 2},
}

var keys = credentials.NewStaticCredentialsProvider("AKIA", "secret", "token")

// storing applies an order to the DynamoDB at url, and returns the task's error.
func storing(ctx context.Context, url string) error {
	client := dynamodb.New(dynamodb.Options{Region: "eu-west-1", BaseEndpoint: &url, Credentials: keys, RetryMaxAttempts: 1})
	_, err := (&store.Writer{Client: client, Table: "orders", Now: time.Now}).Apply(ctx, placed)
	return task.StoreError(err)
}

// invoicing puts an invoice to the S3 at url, and returns the task's error.
func invoicing(ctx context.Context, url string) error {
	client := s3.New(s3.Options{Region: "eu-west-1", BaseEndpoint: &url, UsePathStyle: true, Credentials: keys, RetryMaxAttempts: 1})
	_, _, err := (&invoice.Writer{Client: client, Bucket: "invoices"}).Put(ctx, placed)
	return task.InvoiceError(err)
}

func serve(t *testing.T, answer http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return server.URL
}

func TestErrorsOfDynamoDBHaveNames(t *testing.T) {
	for code, c := range map[string]struct {
		status int
		want   string
	}{
		"ProvisionedThroughputExceededException": {400, "StoreUnavailable"},
		"ThrottlingException":                    {400, "StoreUnavailable"},
		"RequestLimitExceeded":                   {400, "StoreUnavailable"},
		"TransactionConflictException":           {400, "StoreUnavailable"},
		"InternalServerError":                    {500, "StoreUnavailable"},
		"ServiceUnavailable":                     {503, "StoreUnavailable"},
		"SomethingNew":                           {429, "StoreUnavailable"},
		"AccessDeniedException":                  {400, "StoreUnavailable"},
		"ResourceNotFoundException":              {400, "StoreUnavailable"},
		"ValidationException":                    {400, "StoreRefused"},
		"UnrecognizedClientException":            {400, "StoreUnavailable"},
		"ConditionalCheckFailedException":        {400, ""}, // the table holds a newer order
	} {
		t.Run(code, func(t *testing.T) {
			url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/x-amz-json-1.0")
				w.WriteHeader(c.status)
				fmt.Fprintf(w, `{"__type":"com.amazonaws.dynamodb.v20120810#%s","message":"because"}`, code)
			})
			err := storing(context.Background(), url)
			require.Equal(t, c.want, name(err))
			if err != nil {
				for _, part := range []string{"storing order o1 in table orders", code, "because"} {
					require.ErrorContains(t, err, part)
				}
			}
		})
	}
}

func TestErrorsOfS3HaveNames(t *testing.T) {
	for code, c := range map[string]struct {
		status int
		want   string
	}{
		"SlowDown":                   {503, "InvoiceUnavailable"},
		"InternalError":              {500, "InvoiceUnavailable"},
		"RequestTimeout":             {400, "InvoiceUnavailable"},
		"ConditionalRequestConflict": {409, "InvoiceUnavailable"},
		"AccessDenied":               {403, "InvoiceUnavailable"},
		"NoSuchBucket":               {404, "InvoiceUnavailable"},
		"InvalidAccessKeyId":         {403, "InvoiceUnavailable"},
		"InvalidArgument":            {400, "InvoiceRefused"},
		"EntityTooLarge":             {400, "InvoiceRefused"},
		"PreconditionFailed":         {412, ""}, // it is there
	} {
		t.Run(code, func(t *testing.T) {
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				w.Header().Set("Content-Type", "application/xml")
				w.WriteHeader(c.status)
				fmt.Fprintf(w, `<Error><Code>%s</Code><Message>because</Message></Error>`, code)
			})
			err := invoicing(context.Background(), url)
			require.Equal(t, c.want, name(err))
			if err != nil {
				for _, part := range []string{"writing the invoice of order o1 to bucket invoices", code, "because"} {
					require.ErrorContains(t, err, part)
				}
			}
		})
	}
}

func TestNoAnswerIsUnavailable(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	closed := "http://" + listener.Addr().String()
	require.NoError(t, listener.Close())

	hangup := serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	gone := make(chan struct{})
	silent := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-r.Context().Done():
		case <-gone:
		}
	})
	t.Cleanup(func() { close(gone) })
	garbled := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"Attributes":`) })

	for what, url := range map[string]string{"connection refused": closed, "connection cut": hangup, "deadline": silent} {
		t.Run(what, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
			defer cancel()
			require.Equal(t, "StoreUnavailable", name(storing(ctx, url)))
			ctx, cancel = context.WithTimeout(context.Background(), 200*time.Millisecond)
			defer cancel()
			require.Equal(t, "InvoiceUnavailable", name(invoicing(ctx, url)))
		})
	}
	t.Run("answer cut", func(t *testing.T) {
		require.Equal(t, "StoreUnavailable", name(storing(context.Background(), garbled)))
	})
	t.Run("no such host", func(t *testing.T) {
		require.Equal(t, "StoreUnavailable", name(task.StoreError(&net.DNSError{IsNotFound: true})))
	})
}

func TestAnInvalidOrderIsNeitherWrappedNorRenamed(t *testing.T) {
	_, err := coffee.ParseRequest([]byte(`{}`), time.Now())
	require.Equal(t, "InvalidOrder", name(err))
	require.Same(t, err, task.StoreError(err))
	require.Same(t, err, task.InvoiceError(fmt.Errorf("wrapped: %w", err)))
}

func TestNamedErrorsKeepTheirCause(t *testing.T) {
	broken := errors.New("broken")
	for _, err := range []error{task.StoreError(broken), task.InvoiceError(broken)} {
		require.ErrorIs(t, err, broken)
		require.Equal(t, "broken", err.Error())
	}
	require.NoError(t, task.StoreError(nil))
	require.NoError(t, task.InvoiceError(nil))
}
