package cloudwatch

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/sns"
)

const (
	// timeFormat is that of times in notifications.
	timeFormat = "2006-01-02T15:04:05.000-0700"
	region     = "US East (N. Virginia)"
)

// notification is the message that a topic gets. The names of statistics, and what is absent, are as in DescribeAlarms.
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
	Trigger                            *condition `json:",omitempty"`
	AlarmRule                          *string    `json:",omitempty"`
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
		m.AlarmRule = &c.composite.AlarmRule
	} else {
		m.Trigger = c.metric.condition()
	}
	return m
}

func list(l []string) []string {
	if l == nil {
		return []string{}
	}
	return l
}
