package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/coffee/invoice"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// coffeeAPI is the API of a coffee pattern in memory. It validates requests as the real one does.
type coffeeAPI struct {
	*httptest.Server
	mu     sync.Mutex
	orders map[string]coffee.Order // by account and vendor
	posts  int
	looks  int

	statusOf func(post int) int // the status of the nth POST, from 1; 202 if nil
	storedAt int                // orders show from this many GET /order on
	noItem   string             // a city whose orders are never stored
	noBill   string             // a city whose orders are never invoiced
}

func newCoffeeAPI(t *testing.T) *coffeeAPI {
	t.Helper()
	b := &coffeeAPI{orders: map[string]coffee.Order{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /prod/order", b.post)
	mux.HandleFunc("GET /prod/order", b.get)
	mux.HandleFunc("GET /prod/invoice", b.url)
	mux.HandleFunc("GET /bucket", b.document)
	b.Server = httptest.NewServer(mux)
	t.Cleanup(b.Close)
	return b
}

func (b *coffeeAPI) api() string { return b.URL + "/prod" }

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func refuse(w http.ResponseWriter, status int, message string) {
	answer(w, status, map[string]string{"message": message})
}

func (b *coffeeAPI) post(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	o, err := coffee.ParseRequest(body, time.Now())
	if err != nil {
		refuse(w, 400, err.Error())
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.posts++
	if b.statusOf != nil {
		if status := b.statusOf(b.posts); status != 202 {
			refuse(w, status, "Too Many Requests")
			return
		}
	}
	o.OrderID = fmt.Sprintf("o%d", b.posts)
	b.orders[o.AccountID+"/"+o.VendorID] = o
	answer(w, 202, map[string]string{"orderid": o.OrderID})
}

func (b *coffeeAPI) find(r *http.Request) (coffee.Order, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o, ok := b.orders[r.FormValue("accountid")+"/"+r.FormValue("vendorid")]
	return o, ok
}

func (b *coffeeAPI) get(w http.ResponseWriter, r *http.Request) {
	o, ok := b.find(r)
	b.mu.Lock()
	b.looks++
	ok = ok && b.looks >= b.storedAt && o.City != b.noItem
	b.mu.Unlock()
	if !ok {
		refuse(w, 404, "no active order")
		return
	}
	answer(w, 200, map[string]coffee.Order{"Item": o})
}

func (b *coffeeAPI) url(w http.ResponseWriter, r *http.Request) {
	if o, ok := b.find(r); !ok || o.City == b.noBill {
		refuse(w, 404, "no invoice")
		return
	}
	answer(w, 200, b.URL+"/bucket?"+r.URL.RawQuery)
}

func (b *coffeeAPI) document(w http.ResponseWriter, r *http.Request) {
	o, _ := b.find(r)
	d, err := invoice.New(o)
	if err != nil {
		refuse(w, 500, err.Error())
		return
	}
	answer(w, 200, d)
}

// orders runs the command line.
func orders(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, errs bytes.Buffer
	err = run(context.Background(), args, &out, &errs)
	return out.String(), errs.String(), err
}

// project makes a project folder with these outputs of a local stack ("" for none), and a subfolder of it the working
// directory.
func project(t *testing.T, outputs string) (dir string) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Pulumi.yaml"), nil, 0o600))
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "docs", "deep"), 0o700))
	if outputs != "" {
		require.NoError(t, os.Mkdir(filepath.Join(dir, ".local"), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, ".local", "outputs.json"), []byte(outputs), 0o600))
	}
	t.Chdir(filepath.Join(dir, "docs", "deep"))
	return dir
}
