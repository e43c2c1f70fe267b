package console_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/console"
	"github.com/order-patterns/order-patterns/local/policy"
)

type record struct {
	ID, Component, Outcome, Reason, TraceID string
	Started, LastSeen                       time.Time
	Failed                                  bool
	Fields                                  map[string]string
}

type recordList struct {
	Name          string
	Records       []record
	Total, Failed int
}

// ids are those of the records, the newest first.
func (l recordList) ids() (ids []string) {
	for _, r := range l.Records {
		ids = append(ids, r.ID)
	}
	return ids
}

type story struct {
	ID, Component, Status, Reason, Where string
	Hops                                 []struct {
		Name, Kind, Node, Status, Detail string
		Parent                           int
		StartMs, DurationMs              float64
	}
	Logs []struct {
		Time                     time.Time
		Level, Function, Message string
		Fields                   map[string]any
	}
	Items []struct {
		Table string
		Item  map[string]any
	}
	Objects []struct {
		Bucket, Key, Text string
		Size              int
	}
	DeadLetters []struct{ Queue, Body string }
	TraceIDs    []string
}

// place posts an order, which is order-n.
func (s *shop) place(t testing.TB, n int) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/order", strings.NewReader(fmt.Sprintf(`{"order":"order-%d"}`, n)))
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	resp.Body.Close()
	require.Equal(t, http.StatusAccepted, resp.StatusCode)
}

// tell waits until the story of an order is as wanted.
func (w *world) tell(t testing.TB, id string, wanted func(story) bool) (s story) {
	t.Helper()
	list := func() recordList { return get[recordList](t, w, "/api/records?q="+id) }
	if !eventually(func() bool { return list().Total > 0 }) {
		t.Fatal("there is no record " + id)
	}
	if !eventually(func() bool { s = get[story](t, w, "/api/records/"+id); return wanted(s) }) {
		t.Fatalf("the story was %+v", s)
	}
	return s
}

func eventually(holds func() bool) bool {
	for limit := time.Now().Add(20 * time.Second); time.Now().Before(limit); time.Sleep(50 * time.Millisecond) {
		if holds() {
			return true
		}
	}
	return false
}

func done(s story) bool { return s.Status == "done" && len(s.Logs) == 2 }

func TestARecordIsFollowedThroughItsFunctions(t *testing.T) {
	w := newWorld(t)
	s := w.shop(t)
	for n := range 3 {
		s.place(t, n)
		w.tell(t, fmt.Sprint("order-", n), done)
		w.Clock.Advance(time.Second)
	}
	told := w.tell(t, "order-1", done)
	require.Equal(t, []string{"shop", "", ""}, []string{told.Component, told.Reason, told.Where})
	require.Equal(t, []string{"shop-take", "order taken", "shop-keep", "order kept"},
		[]string{told.Logs[0].Function, told.Logs[0].Message, told.Logs[1].Function, told.Logs[1].Message})
	require.Equal(t, map[string]any{"id": "order-1", "account": "of-order-1", "outcome": "taken", "traceId": told.TraceIDs[0]}, told.Logs[0].Fields)
	require.Len(t, told.Items, 1)
	require.Equal(t, "shop-orders", told.Items[0].Table)
	require.Equal(t, map[string]any{"id": "order-1"}, told.Items[0].Item)
	require.Len(t, told.Hops, 2, "what functions have logged, because there is no trace")
	require.Equal(t, []string{"shop-keep", "function", s.keep.arn(), "ok", "kept"},
		[]string{told.Hops[1].Name, told.Hops[1].Kind, told.Hops[1].Node, told.Hops[1].Status, told.Hops[1].Detail})

	all := get[recordList](t, w, "/api/records")
	require.Equal(t, "order", all.Name)
	require.Equal(t, []string{"order-2", "order-1", "order-0"}, all.ids())
	require.Contains(t, []string{"taken", "kept"}, all.Records[0].Outcome, "of the last line; the clock stands still")
	require.Equal(t, map[string]string{"account": "of-order-2"}, all.Records[0].Fields)
	for q, want := range map[string][]string{"order-1": {"order-1"}, "of-order-2": {"order-2"}, "of-": all.ids(), "rder": nil, "of-order-1&failed=true": nil, "&limit=1": {"order-2"}} {
		require.Equal(t, want, get[recordList](t, w, "/api/records?q="+q).ids(), q)
	}
	require.Equal(t, 3, get[recordList](t, w, "/api/records?limit=1").Total)

	for path, want := range map[string]int{"/api/records/order-9": 404, "/api/records?limit=0": 400, "/api/records?limit=x": 400} {
		status, body := ask(t, "GET", w.base+path, nil)
		require.Equal(t, want, status, path)
		require.Contains(t, body, `{"error":"`, path)
	}
}

func TestARecordWaitsWhereItsMessageIs(t *testing.T) {
	w := newWorld(t)
	s := w.shop(t)
	s.pause(t, w)
	s.place(t, 1)
	require.Equal(t, "waits in the queue shop-keep", w.tell(t, "order-1", func(s story) bool { return s.Status == "running" }).Where)
	p := w.open(t)
	require.Zero(t, (<-p.live).Records)
	_, err := lambda.NewFromConfig(w.Config()).UpdateEventSourceMapping(t.Context(), &lambda.UpdateEventSourceMappingInput{UUID: &s.mapping.id, Enabled: aws.Bool(true)})
	require.NoError(t, err)
	w.tell(t, "order-1", done)
	p.until(t, "it is done", func(l console.Live) bool { return l.Records.Done == 1 && l.Records.Failed == 0 })
}

func TestAFailedRecordHasItsReasonUntilItSucceeds(t *testing.T) {
	w := newWorld(t)
	s := w.shop(t)
	send := func(body string) {
		_, err := sqs.NewFromConfig(w.Config()).SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &s.queue.id, MessageBody: &body})
		require.NoError(t, err)
	}
	send("poison order-1")
	told := w.tell(t, "order-1", func(s story) bool { return s.Status == "failed" })
	require.Equal(t, "failed: order failed", told.Reason)
	require.Equal(t, "error", told.Hops[0].Status)
	list := get[recordList](t, w, "/api/records?failed=true")
	require.Equal(t, []string{"order-1"}, list.ids())
	require.Equal(t, told.Reason, list.Records[0].Reason)
	p := w.open(t)
	p.until(t, "it has failed", func(l console.Live) bool { return l.Records.Failed == 1 && l.Records.Done == 0 })

	w.Clock.Advance(time.Minute)
	told = w.tell(t, "order-1", func(s story) bool { return len(s.DeadLetters) == 1 })
	require.Equal(t, "is in the dead-letter queue shop-keep-dead-letters", told.Where)
	require.Equal(t, "poison order-1", told.DeadLetters[0].Body)

	_, err := sqs.NewFromConfig(w.Config()).PurgeQueue(t.Context(), &sqs.PurgeQueueInput{QueueUrl: &s.dead.id})
	require.NoError(t, err)
	send("order-1")
	require.Empty(t, w.tell(t, "order-1", done).Reason)
	p.until(t, "it is done", func(l console.Live) bool { return l.Records.Failed == 0 && l.Records.Done == 1 })
	require.Zero(t, get[recordList](t, w, "/api/records").Failed)
}

// A shelf is a function with a bucket, which is traced.
func TestAStoryHasItsTraceAndObjects(t *testing.T) {
	w := newWorld(t)
	bucket := w.deploy(t, "aws:s3/bucketV2:BucketV2", "shelf-documents", nil)
	f := w.function(t, "shelf-write", map[string]any{"TABLE": "none"}, []string{bucket.arn() + "/*", "s3:PutObject"})
	name := f.outputs["name"].(string)
	_, err := lambda.NewFromConfig(w.Config()).Invoke(t.Context(), &lambda.InvokeInput{FunctionName: &name, Payload: []byte(`"order-1"`)})
	require.NoError(t, err)
	for key, body := range map[string]string{
		"documents/order-1.json": `{"a":1}`, "documents/order-10.json": "{}", "of-order-1/note": "about order-1", "of-order-1/other": "about order-2", "large/order-1": strings.Repeat("x", 65<<10),
	} {
		_, err := s3.NewFromConfig(w.Config(), func(o *s3.Options) { o.UsePathStyle = true }).PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: &bucket.id, Key: &key, Body: strings.NewReader(body),
		})
		require.NoError(t, err)
	}
	told := w.tell(t, "order-1", func(s story) bool { return len(s.Logs) == 1 })
	objects := map[string]string{}
	for _, o := range told.Objects {
		require.Equal(t, "shelf-documents", o.Bucket)
		objects[o.Key] = o.Text
	}
	require.Equal(t, map[string]string{"documents/order-1.json": `{"a":1}`, "of-order-1/note": "about order-1", "large/order-1": ""}, objects)

	// A trace as it is recorded: documents of the cloud and of the function. Subsegments are sent by themselves, or within.
	trace := told.TraceIDs[0]
	for _, document := range []string{
		`{"id":"1000000000000001","name":"shelf-api/prod","origin":"AWS::ApiGateway::Stage","start_time":100,"end_time":101,"http":{"response":{"status":202}}}`,
		`{"id":"1000000000000002","parent_id":"1000000000000001","name":"` + name + `","origin":"AWS::Lambda","start_time":100.1,"end_time":100.9}`,
		`{"id":"1000000000000003","parent_id":"1000000000000002","name":"` + name + `","origin":"AWS::Lambda::Function","start_time":100.2,"end_time":100.8,
			"subsegments":[{"id":"1000000000000004","name":"write","start_time":100.3,"end_time":100.7,"annotations":{"outcome":"failed"},"fault":true,
				"cause":{"exceptions":[{"id":"2000000000000001","type":"AccessDenied"}]}}]}`,
		`{"id":"1000000000000005","parent_id":"1000000000000004","type":"subsegment","name":"S3","namespace":"aws","aws":{"operation":"PutObject"},"start_time":100.4,"end_time":100.5}`,
		`{"id":"1000000000000006","parent_id":"1000000000000003","name":"work","start_time":100.35,"in_progress":true}`,
	} {
		document = `{"trace_id":"` + trace + `",` + document[1:]
		require.NoError(t, w.XRay.PutDocument(t.Context(), policy.ServicePrincipal("lambda.amazonaws.com"), document))
	}
	told = w.tell(t, "order-1", func(s story) bool { return len(s.Hops) == 5 })
	hops := []string{}
	for _, h := range told.Hops {
		hops = append(hops, fmt.Sprintf("%s %s of %d at %.0f for %.0f: %s %s", h.Kind, h.Name, h.Parent, h.StartMs, h.DurationMs, h.Status, h.Detail))
	}
	require.Equal(t, []string{
		"api shelf-api/prod of -1 at 0 for 1000: ok HTTP 202",
		"function shelf-write of 0 at 200 for 600: ok ",
		"work write of 1 at 300 for 400: error AccessDenied",
		"call S3 PutObject of 2 at 400 for 100: ok ",
		"work work of 1 at 350 for 0: running ",
	}, hops)
	require.Equal(t, f.arn(), told.Hops[1].Node)
}

func TestARecordIsInItsExecution(t *testing.T) {
	w := newWorld(t)
	step := w.function(t, "work-step", map[string]any{"TABLE": "none"})
	role := w.role(t, "work", "states", []string{step.arn(), "lambda:InvokeFunction"})
	machine := w.deploy(t, "aws:sfn/stateMachine:StateMachine", "work", map[string]any{"roleArn": role.arn(), "definition": fmt.Sprintf(`{"StartAt":"Step","States":{
		"Step":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":%q,"Payload":{"order":"order-1"}},"Catch":[{"ErrorEquals":["States.ALL"],"Next":"Rest"}],"Next":"Rest"},
		"Rest":{"Type":"Wait","Seconds":60,"Next":"Stop"},
		"Stop":{"Type":"Fail","Error":"Stopped","Cause":"there is no table"}}}`, step.arn())})
	_, err := sfn.NewFromConfig(w.Config()).StartExecution(t.Context(), &sfn.StartExecutionInput{
		StateMachineArn: &machine.id, Name: aws.String("order-1"), Input: aws.String(`{"order":"order-1"}`),
	})
	require.NoError(t, err)
	told := w.tell(t, "order-1", func(s story) bool { return s.Status == "running" })
	require.Equal(t, "is in the state machine work", told.Where)
	require.True(t, eventually(func() bool {
		w.Clock.Advance(time.Minute) // the execution may not rest yet
		told = get[story](t, w, "/api/records/order-1")
		return told.Status == "failed"
	}))
	require.Equal(t, "there is no table", told.Reason)
	require.Empty(t, told.Where)
}
