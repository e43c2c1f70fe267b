package console

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/order-patterns/order-patterns/local/xray"
)

const (
	maxCount    = 10_000
	maxParallel = 64
	// shown is how many requests are traced, and have their ids in the answer.
	shown = 100
	// answerLimit is more than the timeout of an API.
	answerLimit = time.Minute
	maxAnswer   = 1 << 20 // bytes
)

// clients keeps as many connections as there are parallel requests.
var clients = &http.Client{Timeout: answerLimit, Transport: &http.Transport{MaxIdleConnsPerHost: maxParallel}}

// sent is what came of requests.
type sent struct {
	IDs     []string       `json:"ids"`
	Answers map[string]int `json:"answers"` // by status
	Errors  map[string]int `json:"errors"`  // of requests without an answer
	Sample  string         `json:"sample"`  // body of the first answer
}

// sender sends one request several times, each with an id of its own.
type sender struct {
	console                 *Console
	url, method, path, body string
	headers                 http.Header
	sign                    bool // with the key of the person at the keyboard
}

func (s *sender) run(ctx context.Context, count, parallel int) (*sent, error) {
	out := &sent{Answers: map[string]int{}, Errors: map[string]int{}}
	ids := make([]string, min(count, shown))
	var last atomic.Int64
	var mu sync.Mutex
	var workers sync.WaitGroup
	for range min(parallel, count) {
		workers.Go(func() {
			for n := int(last.Add(1)); n <= count && ctx.Err() == nil; n = int(last.Add(1)) {
				id := newID()
				status, body, err := s.send(ctx, n, id)
				mu.Lock()
				if err != nil {
					out.Errors[err.Error()]++
				} else {
					out.Answers[strconv.Itoa(status)]++
				}
				if n == 1 {
					out.Sample = string(body)
				}
				if n <= shown && err == nil && (status < 400 || status >= 500) {
					ids[n-1] = s.recordID(body, id)
				}
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	out.IDs = slices.DeleteFunc(ids, func(id string) bool { return id == "" })
	return out, ctx.Err()
}

// send sends one request and reads its answer.
func (s *sender) send(ctx context.Context, n int, id string) (status int, body []byte, err error) {
	fill := strings.NewReplacer("{id}", id, "{n}", strconv.Itoa(n)).Replace
	text := fill(s.body)
	r, err := http.NewRequestWithContext(ctx, s.method, s.url+fill(s.path), strings.NewReader(text))
	if err != nil {
		return 0, nil, err
	}
	r.Header = s.headers.Clone()
	if text != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if n <= shown {
		r.Header.Set("X-Amzn-Trace-Id", xray.Header{Root: xray.NewRoot(s.console.cloud.Account.Clock.Now()), Sampled: true}.String())
	}
	if s.sign { // https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-call-api.html
		who, err := s.console.config.Credentials.Retrieve(ctx)
		if err != nil {
			return 0, nil, err
		}
		sum := sha256.Sum256([]byte(text))
		if err := v4.NewSigner().SignHTTP(ctx, who, r, hex.EncodeToString(sum[:]), "execute-api", s.console.config.Region, time.Now()); err != nil {
			return 0, nil, err
		}
	}
	resp, err := clients.Do(r)
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return 0, nil, failed.Err // without the URL, which may have an id
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return resp.StatusCode, body, err
}

// recordID is the id of a record in an answer, or else the id that was sent.
func (s *sender) recordID(body []byte, id string) string {
	if !strings.Contains(s.body+s.path, "{id}") {
		id = ""
	}
	var value any
	_ = json.Unmarshal(body, &value) // an answer of another kind has none
	return cmp.Or(find(value, s.console.settings.Record.ID), id)
}

// find returns the text of a key in JSON, the outermost one. Upper and lower case are the same.
func find(value any, key string) (text string) {
	fields, _ := value.(map[string]any)
	for name, value := range fields {
		if text, ok := value.(string); ok && strings.EqualFold(name, key) {
			return text
		}
	}
	for _, value := range fields {
		text = cmp.Or(text, find(value, key))
	}
	return text
}
