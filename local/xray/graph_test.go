package xray_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/xray"
	"github.com/aws/aws-sdk-go-v2/service/xray/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
)

func TestServiceGraph(t *testing.T) {
	c := newCloud(t)
	c.order(t)
	graph := func(from, to time.Duration) []types.Service {
		out, err := c.client.GetServiceGraph(t.Context(), &sdk.GetServiceGraphInput{StartTime: aws.Time(c.Clock.Now().Add(from)), EndTime: aws.Time(c.Clock.Now().Add(to))})
		require.NoError(t, err)
		return out.Services
	}
	require.Empty(t, graph(time.Minute, time.Hour))
	list := graph(-time.Minute, time.Minute)
	name := map[int32]string{}
	for _, s := range list {
		name[*s.ReferenceId] = strings.TrimSpace(*s.Type + " " + *s.Name)
	}
	count := func(ok, errors, throttles, faults, total *int64, seconds *float64) string {
		return fmt.Sprintf("%d ok, %d error, %d throttled, %d fault of %d in %.3f", *ok, *errors, *throttles, *faults, *total, *seconds)
	}
	nodes, edges := map[string]string{}, map[string]string{}
	for _, s := range list {
		m := s.SummaryStatistics
		nodes[name[*s.ReferenceId]] = count(m.OkCount, m.ErrorStatistics.TotalCount, m.ErrorStatistics.ThrottleCount, m.FaultStatistics.TotalCount, m.TotalCount, m.TotalResponseTime)
		for _, e := range s.Edges {
			m := e.SummaryStatistics
			edges[strings.TrimSpace(name[*s.ReferenceId]+" > "+name[*e.ReferenceId])] =
				count(m.OkCount, m.ErrorStatistics.TotalCount, m.ErrorStatistics.ThrottleCount, m.FaultStatistics.TotalCount, m.TotalCount, m.TotalResponseTime)
		}
	}
	require.Equal(t, map[string]string{
		"client api/prod":                 "0 ok, 0 error, 0 throttled, 0 fault of 0 in 0.000",
		"client store":                    "0 ok, 0 error, 0 throttled, 0 fault of 0 in 0.000",
		"AWS::ApiGateway::Stage api/prod": "1 ok, 0 error, 0 throttled, 0 fault of 1 in 0.009",
		"AWS::Lambda::Function publish":   "1 ok, 0 error, 0 throttled, 0 fault of 1 in 0.008",
		"AWS::DynamoDB::Table items":      "1 ok, 0 error, 0 throttled, 0 fault of 1 in 0.002",
		"AWS::SQS::Queue dead":            "0 ok, 1 error, 1 throttled, 0 fault of 1 in 0.001",
		"AWS::SNS::Topic orders":          "1 ok, 0 error, 0 throttled, 0 fault of 1 in 0.001",
		"AWS::Lambda::Function store":     "0 ok, 0 error, 0 throttled, 1 fault of 1 in 0.001",
	}, nodes)
	require.Equal(t, map[string]string{
		"client api/prod > AWS::ApiGateway::Stage api/prod":               "1 ok, 0 error, 0 throttled, 0 fault of 1 in 0.009",
		"client store > AWS::Lambda::Function store":                      "0 ok, 0 error, 0 throttled, 1 fault of 1 in 0.001",
		"AWS::ApiGateway::Stage api/prod > AWS::Lambda::Function publish": "1 ok, 0 error, 0 throttled, 0 fault of 1 in 0.008",
		"AWS::Lambda::Function publish > AWS::DynamoDB::Table items":      "1 ok, 0 error, 0 throttled, 0 fault of 1 in 0.002",
		"AWS::Lambda::Function publish > AWS::SQS::Queue dead":            "0 ok, 1 error, 1 throttled, 0 fault of 1 in 0.001",
		"AWS::Lambda::Function publish > AWS::SNS::Topic orders":          "1 ok, 0 error, 0 throttled, 0 fault of 1 in 0.001",
	}, edges)
}

func TestServiceGraphNeedsPermissionAndRange(t *testing.T) {
	c := newCloud(t)
	in := &sdk.GetServiceGraphInput{StartTime: aws.Time(c.Clock.Now().Add(-time.Minute)), EndTime: aws.Time(c.Clock.Now())}
	_, config := c.Role(t, "reader", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"xray:GetTraceSummaries","Resource":"*"}]}`)
	_, err := sdk.NewFromConfig(config).GetServiceGraph(t.Context(), in)
	require.Contains(t, cloudtest.Refused(t, err, "AccessDeniedException"), "xray:GetServiceGraph")
	_, err = c.client.GetServiceGraph(t.Context(), &sdk.GetServiceGraphInput{StartTime: in.EndTime, EndTime: in.StartTime})
	cloudtest.Refused(t, err, "InvalidRequestException")
	in.GroupName = aws.String("orders")
	_, err = c.client.GetServiceGraph(t.Context(), in)
	require.ErrorContains(t, err, "GroupName")
}
