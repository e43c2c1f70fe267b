package logs_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/logs"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

func TestWritingNeedsTheRolesPermission(t *testing.T) {
	c := newCloud(t)
	put := func(p policy.Principal, group, stream string) error {
		return c.service.Put(t.Context(), p, group, stream, []logs.Event{{Time: c.Clock.Now(), Message: "m"}})
	}
	require.NoError(t, put(c.writer, group, "s"))
	var denied *policy.DeniedError

	noStream, _ := c.Role(t, "no-stream", strings.Replace(writing, `"logs:CreateLogStream",`, "", 1))
	require.NoError(t, put(noStream, group, "s"), "the stream is there")
	require.ErrorAs(t, put(noStream, group, "new"), &denied)
	require.Equal(t, "logs:CreateLogStream", denied.Request.Action)
	require.Equal(t, "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/store:log-stream:new", denied.Request.Resource)

	noPut, _ := c.Role(t, "no-put", strings.Replace(writing, `,"logs:PutLogEvents"`, "", 1))
	require.ErrorAs(t, put(noPut, group, "s"), &denied)
	require.Equal(t, "logs:PutLogEvents", denied.Request.Action)

	require.ErrorAs(t, put(c.writer, "/aws/lambda/other", "s"), &denied)
	require.ErrorAs(t, put(policy.ServicePrincipal("apigateway.amazonaws.com"), group, "s"), &denied)
	all, _ := c.Role(t, "all", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)
	require.ErrorContains(t, put(all, "/aws/lambda/other", "s"), "ResourceNotFoundException")
}

func TestManyWritersLoseNothing(t *testing.T) {
	c := newCloud(t)
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 50 {
				err := c.service.Put(context.Background(), c.writer, group, fmt.Sprint(w%3), []logs.Event{{Time: c.Clock.Now(), Message: fmt.Sprint(w, i)}})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	require.Len(t, c.filter(t, &sdk.FilterLogEventsInput{}), 400)
}

func TestFaultsCanThrottle(t *testing.T) {
	c := newCloud(t)
	c.Account.Faults.Add(fault.Rule{Action: "logs:PutLogEvents", Do: func(context.Context, fault.Event) error {
		return wire.Errorf(http.StatusBadRequest, "ThrottlingException", "Rate exceeded")
	}})
	err := c.service.Put(t.Context(), c.writer, group, "s", []logs.Event{{Time: c.Clock.Now(), Message: "m"}})
	require.ErrorContains(t, err, "ThrottlingException")
	require.Empty(t, c.filter(t, &sdk.FilterLogEventsInput{}))
}

// BenchmarkPut is a function that logs three lines in one invocation.
func BenchmarkPut(b *testing.B) {
	c := newCloud(b)
	events := make([]logs.Event, 3)
	for i := range events {
		events[i] = logs.Event{Time: c.Clock.Now(), Message: strings.Repeat("x", 150)}
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := c.service.Put(b.Context(), c.writer, group, "s", events); err != nil {
			b.Fatal(err)
		}
	}
}
