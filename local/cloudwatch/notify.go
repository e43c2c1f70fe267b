package cloudwatch

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/sns"
)

const (
	// timeFormat is that of times in notifications.
	timeFormat = "2006-01-02T15:04:05.000-0700"
	region     = "US East (N. Virginia)"
)

// notification is the message that a topic gets.
type notification struct {
	AlarmName                          string
	AlarmDescription                   *string
	AWSAccountID                       string `json:"AWSAccountId"`
	AlarmConfigurationUpdatedTimestamp string
	NewStateValue, NewStateReason      string
	StateChangeTime                    string
	Region                             string
	AlarmARN                           string `json:"AlarmArn"`
	OldStateValue                      string
	OKActions                          []string
	AlarmActions                       []string
	InsufficientDataActions            []string
	Trigger                            *trigger `json:",omitempty"`
	AlarmRule                          string   `json:",omitempty"`
}

// trigger describes the condition of a metric alarm.
type trigger struct {
	*metricTrigger                                     // not of an expression
	Metrics                          []metricDataQuery `json:",omitempty"`
	Period                           int
	EvaluationPeriods                int
	DatapointsToAlarm                int
	ComparisonOperator               string
	Threshold                        float64
	TreatMissingData                 string
	EvaluateLowSampleCountPercentile string
}

type metricTrigger struct {
	MetricName        string
	Namespace         string
	StatisticType     string
	Statistic         string `json:",omitempty"`
	ExtendedStatistic string `json:",omitempty"`
	Unit              *string
	Dimensions        []dimension
}

// notify publishes the transitions to the topics of the new states. CloudWatch publishes as a service, so that the policy of
// the topic decides. A topic that refuses is reported to the operator; AWS shows it in the alarm's history only.
func (s *Service) notify(ctx context.Context, changes []change) {
	for i := range changes {
		c := &changes[i]
		n := c.notifications()
		if n.ActionsEnabled != nil && !*n.ActionsEnabled {
			continue
		}
		message, err := json.Marshal(c.message())
		if err != nil {
			s.account.Log.Error("alarm notification", "alarm", c.name, "error", err)
			continue
		}
		subject := fmt.Sprintf("%s: %q in %s", c.state, c.name, region)
		subject = subject[:min(len(subject), 100)] // the limit of SNS
		for _, topic := range n.actions(c.state) {
			if _, err := s.Topics.Publish(ctx, policy.ServicePrincipal("cloudwatch.amazonaws.com"), sns.Publication{
				TopicARN: topic, Message: string(message), Subject: &subject, Source: c.arn(),
			}); err != nil {
				s.account.Log.Warn("alarm action failed", "alarm", c.name, "topic", topic, "error", err)
			}
		}
	}
}

func (c *change) message() *notification {
	n := c.notifications()
	m := &notification{
		AlarmName: c.name, AlarmDescription: n.AlarmDescription, AWSAccountID: account.ID,
		AlarmConfigurationUpdatedTimestamp: c.configured.UTC().Format(timeFormat),
		NewStateValue:                      c.state, NewStateReason: c.reason, StateChangeTime: c.changed.UTC().Format(timeFormat),
		Region: region, AlarmARN: c.arn(), OldStateValue: c.old,
		OKActions: list(n.OKActions), AlarmActions: list(n.AlarmActions), InsufficientDataActions: list(n.InsufficientDataActions),
	}
	if c.composite != nil {
		m.AlarmRule = c.composite.AlarmRule
		return m
	}
	in := c.metric
	m.Trigger = &trigger{
		Period: int(c.queries[c.watched].period / time.Second), EvaluationPeriods: in.EvaluationPeriods, DatapointsToAlarm: in.datapoints(),
		ComparisonOperator: in.ComparisonOperator, Threshold: *in.Threshold, TreatMissingData: in.missing(),
	}
	if len(in.MetricQueries) > 0 {
		m.Trigger.Metrics = in.onWire()
		return m
	}
	m.Trigger.metricTrigger = &metricTrigger{MetricName: *in.MetricName, Namespace: *in.Namespace, StatisticType: "Statistic", Unit: in.Unit,
		Dimensions: dimensionsOut(in.Dimensions)}
	if in.Statistic != nil {
		m.Trigger.Statistic = snake(*in.Statistic)
	} else {
		m.Trigger.StatisticType, m.Trigger.ExtendedStatistic = "ExtendedStatistic", *in.ExtendedStatistic
	}
	return m
}

// snake writes a statistic as notifications do: SampleCount is SAMPLE_COUNT.
func snake(statistic string) string {
	return strings.ToUpper(strings.Replace(statistic, "eC", "e_C", 1))
}

func list(l []string) []string {
	if l == nil {
		return []string{}
	}
	return l
}
