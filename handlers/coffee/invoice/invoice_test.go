package invoice_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/order-patterns/order-patterns/handlers/coffee/invoice"
	"github.com/order-patterns/order-patterns/order/coffee"
)

var ctx = context.Background()

func placed(id, vendor string, minute int) coffee.Order {
	return coffee.Order{
		OrderID: id, AccountID: "a0", VendorID: vendor, EventType: coffee.NewOrder, City: "Berlin & Kreuzberg",
		OrderDate: time.Date(2026, 3, 1, 8, minute, 0, 0, time.UTC),
		Details:   coffee.Details{CoffeeType: "espresso", CoffeeSize: "small", UnitPrice: 1_001, Quantity: 3},
	}
}

func put(t testing.TB, b *bucket, o coffee.Order) string {
	t.Helper()
	key, _, err := (&invoice.Writer{Client: b, Bucket: "invoices-1"}).Put(ctx, o)
	require.NoError(t, err)
	return key
}

func TestDocumentHasExactAmountsAndFixedBytes(t *testing.T) {
	b := &bucket{}
	key := put(t, b, placed("o1", "v0", 30))
	require.Equal(t, "invoices/a0/251629946999999999/v0/o1/6da132ab-5f90-53be-a40d-84c345c92451.json", key)
	require.Equal(t, `{"invoiceid":"6da132ab-5f90-53be-a40d-84c345c92451","orderid":"o1","accountid":"a0","vendorid":"v0",`+
		`"orderdate":"2026-03-01T08:30:00Z","city":"Berlin & Kreuzberg",`+
		`"details":{"coffeetype":"espresso","coffeesize":"small","unitprice":0.1001,"quantity":3},"linetotal":0.3003,"total":0.3003}`, b.objects[key])
	require.Equal(t, "application/json", b.types[key])
}

func TestLargestOrderAddsUp(t *testing.T) {
	o := placed("o1", "v0", 30)
	o.Details.UnitPrice, o.Details.Quantity = coffee.MaxUnitPrice*10_000, coffee.MaxQuantity
	d, err := invoice.New(o)
	require.NoError(t, err)
	require.Equal(t, "10000000000", d.Total.String())
}

func TestPuttingAgainLeavesTheFirstInvoice(t *testing.T) {
	b, o := &bucket{}, placed("o1", "v0", 30)
	w := &invoice.Writer{Client: b, Bucket: "invoices-1"}
	first, written, err := w.Put(ctx, o)
	require.NoError(t, err)
	require.True(t, written)
	again, written, err := w.Put(ctx, o)
	require.NoError(t, err)
	require.False(t, written)
	require.Equal(t, first, again)
	require.Len(t, b.objects, 1)
}

func TestOrdersWithOneIDButOtherContentEachHaveAnInvoice(t *testing.T) {
	b, o := &bucket{}, placed("o1", "v0", 30)
	put(t, b, o)
	o.Details.Quantity = 4
	put(t, b, o)
	require.Len(t, b.objects, 2)
}

func TestCompletionHasNoInvoice(t *testing.T) {
	b, o := &bucket{}, placed("o1", "v0", 30)
	o.EventType = coffee.OrderCompleted
	_, _, err := (&invoice.Writer{Client: b, Bucket: "invoices-1"}).Put(ctx, o)
	var invalid *coffee.InvalidOrder
	require.ErrorAs(t, err, &invalid)
	require.ErrorContains(t, err, "an event of type order_completed has no invoice")
	require.Empty(t, b.objects)
}

func TestFailedPutIsAnError(t *testing.T) {
	broken := errors.New("slow down")
	_, written, err := (&invoice.Writer{Client: &bucket{fail: broken}, Bucket: "invoices-1"}).Put(ctx, placed("o1", "v0", 1))
	require.ErrorIs(t, err, broken)
	require.ErrorContains(t, err, "writing the invoice of order o1")
	require.False(t, written)
}

// client is the real S3 client against a server that answers as S3 does.
func client(t *testing.T, answer http.HandlerFunc) *s3.Client {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return s3.New(s3.Options{
		Region: "eu-west-1", BaseEndpoint: aws.String(server.URL), UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("AKIA", "secret", "token"),
	})
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<?xml version="1.0"?><Error><Code>%s</Code><Message>no</Message><RequestId>1</RequestId></Error>`, code)
}

func TestAnExistingInvoiceIsSuccess(t *testing.T) {
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPut || r.Header.Get("If-None-Match") != "*" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("unexpected request %s %v", r.Method, r.Header)
		}
		refuse(w, http.StatusPreconditionFailed, "PreconditionFailed")
	})
	_, written, err := (&invoice.Writer{Client: c, Bucket: "b"}).Put(ctx, placed("o1", "v0", 30))
	require.NoError(t, err)
	require.False(t, written)
}

func TestConflictWithAnotherWriterIsRetried(t *testing.T) {
	var calls atomic.Int32
	c := client(t, func(w http.ResponseWriter, _ *http.Request) {
		if calls.Add(1) == 1 {
			refuse(w, http.StatusConflict, "ConditionalRequestConflict")
		}
	})
	_, written, err := (&invoice.Writer{Client: c, Bucket: "b"}).Put(ctx, placed("o1", "v0", 30))
	require.NoError(t, err)
	require.True(t, written)
	require.EqualValues(t, 2, calls.Load())
}

func TestMissingPermissionIsAnErrorAtOnce(t *testing.T) {
	var calls atomic.Int32
	c := client(t, func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		refuse(w, http.StatusForbidden, "AccessDenied")
	})
	_, _, err := (&invoice.Writer{Client: c, Bucket: "b"}).Put(ctx, placed("o1", "v0", 30))
	require.ErrorContains(t, err, "AccessDenied")
	require.EqualValues(t, 1, calls.Load())
}

func latest(b *bucket, vendor string) (string, error) {
	return (&invoice.Finder{List: b, Bucket: "invoices-1"}).Latest(ctx, "a0", vendor)
}

func TestLatestTakesOneRequestHoweverManyInvoices(t *testing.T) {
	b := &bucket{}
	var newest string
	for i := range 50 {
		newest = put(t, b, placed("o1", fmt.Sprintf("v%d", i%3), i))
	}
	got, err := latest(b, "")
	require.NoError(t, err)
	require.Equal(t, newest, got)
	require.Equal(t, 1, b.lists)
}

func TestLatestOfAVendorIsFoundOnALaterPage(t *testing.T) {
	b := &bucket{pageSize: 7}
	want := put(t, b, placed("o1", "rare", 1))
	put(t, b, placed("o0", "rare", 0))
	for i := range 40 {
		put(t, b, placed("o1", "v0", 2+i))
	}
	got, err := latest(b, "rare")
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func TestNoInvoiceIsNotFound(t *testing.T) {
	b := &bucket{}
	_, err := latest(b, "")
	require.ErrorIs(t, err, invoice.ErrNotFound)

	other := placed("o1", "v0", 1)
	other.AccountID = "a01" // its prefix begins like that of a0
	put(t, b, other)
	_, err = latest(b, "")
	require.ErrorIs(t, err, invoice.ErrNotFound)

	put(t, b, placed("o1", "v0", 1))
	_, err = latest(b, "v")
	require.ErrorIs(t, err, invoice.ErrNotFound)
}

func TestForeignObjectsAreNotInvoices(t *testing.T) {
	b := &bucket{}
	b.put("invoices/a0/000/readme.txt", "x")
	b.put("invoices/a0/000/v0/o1.json", "x")
	b.put("invoices/a0/", "")
	want := put(t, b, placed("o1", "v0", 1))
	for _, vendor := range []string{"", "v0"} {
		got, err := latest(b, vendor)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func TestFailedListingIsAnErrorNotAnAbsence(t *testing.T) {
	broken := errors.New("denied")
	_, err := latest(&bucket{fail: broken}, "")
	require.ErrorIs(t, err, broken)
	require.NotErrorIs(t, err, invoice.ErrNotFound)
}

func TestLatestIsTheHighestTimeThenTheStoresRank(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := &bucket{pageSize: rapid.IntRange(1, 5).Draw(t, "page")}
		vendor := rapid.SampledFrom([]string{"", "v0", "v1"}).Draw(t, "asked")
		var best *coffee.Order
		var bestKey string
		for range rapid.IntRange(1, 25).Draw(t, "orders") {
			o := placed(rapid.SampledFrom([]string{"o", "o-1", "o1", "o.2"}).Draw(t, "id"),
				rapid.SampledFrom([]string{"v0", "v1", "v"}).Draw(t, "vendor"), rapid.IntRange(0, 3).Draw(t, "minute"))
			o.OrderDate = o.OrderDate.Add(-time.Duration(rapid.IntRange(0, 1).Draw(t, "century")) * 100 * 365 * 24 * time.Hour)
			key, _, err := (&invoice.Writer{Client: b, Bucket: "invoices-1"}).Put(ctx, o)
			require.NoError(t, err)
			if vendor != "" && o.VendorID != vendor {
				continue
			}
			id := key[strings.LastIndex(key, "/"):]
			if best == nil || o.Version() > best.Version() ||
				o.Version() == best.Version() && o.OrderID+"#"+id+o.VendorID > best.OrderID+"#"+bestKey[strings.LastIndex(bestKey, "/"):]+best.VendorID {
				best, bestKey = &o, key
			}
		}
		got, err := latest(b, vendor)
		if best == nil {
			require.ErrorIs(t, err, invoice.ErrNotFound)
			return
		}
		require.NoError(t, err)
		require.Equal(t, bestKey, got)
	})
}

func TestURLIsSignedForAnHour(t *testing.T) {
	c := client(t, func(http.ResponseWriter, *http.Request) { t.Error("signing needs no request") })
	f := &invoice.Finder{Presign: s3.NewPresignClient(c), Bucket: "b"}
	signed, err := f.URL(ctx, "invoices/a0/1/v0/o1/i.json")
	require.NoError(t, err)
	u, err := url.Parse(signed)
	require.NoError(t, err)
	require.Equal(t, "/b/invoices/a0/1/v0/o1/i.json", u.Path)
	require.Equal(t, "3600", u.Query().Get("X-Amz-Expires"))
	require.Equal(t, "token", u.Query().Get("X-Amz-Security-Token"))
	require.NotEmpty(t, u.Query().Get("X-Amz-Signature"))
	// Whoever opens the URL would have to send any other signed header.
	require.Equal(t, "host", u.Query().Get("X-Amz-SignedHeaders"))
}

func TestDocumentIsJSON(t *testing.T) {
	b := &bucket{}
	var d map[string]any
	require.NoError(t, json.Unmarshal([]byte(b.objects[put(t, b, placed("o1", "v0", 1))]), &d))
	require.InDelta(t, 0.3003, d["total"], 1e-9)
}
