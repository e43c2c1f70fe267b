package cloudwatch

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/internal/strictjson"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/sns"
	"github.com/order-patterns/order-patterns/local/wire"
)

// The states of an alarm.
const (
	stateOK           = "OK"
	stateAlarm        = "ALARM"
	stateInsufficient = "INSUFFICIENT_DATA"
)

// alarm is a metric alarm or a composite alarm: one of metric and composite is set. The service's lock guards it.
type alarm struct {
	name       string
	metric     *MetricAlarmArgs
	queries    queries // of a metric alarm
	watched    string  // the id of the query whose values the alarm watches
	composite  *CompositeAlarmArgs
	children   []string // of a composite alarm: the names in its rule
	configured time.Time

	state, reason string
	changed       time.Time
}

// change is a transition of an alarm. It has a copy, which does not change later.
type change struct {
	alarm
	old string
}

func (a *alarm) arn() string { return alarmARN(a.name) }

func alarmARN(name string) string { return account.ARN("cloudwatch", "alarm:"+name) }

func (a *alarm) notifications() *Notifications {
	if a.metric != nil {
		return &a.metric.Notifications
	}
	return &a.composite.Notifications
}

// configure sets what is not the alarm's state. A new alarm has insufficient data.
func (a *alarm) configure(now time.Time) {
	a.configured = now
	if a.state == "" {
		a.state, a.reason, a.changed = stateInsufficient, "Unchecked: Initial alarm creation", now
	}
}

// set changes the state, and returns the transition if it is another one.
func (a *alarm) set(state, reason string, at time.Time) []change {
	if state == a.state {
		return nil
	}
	old := a.state
	a.state, a.reason, a.changed = state, reason, at
	return []change{{*a, old}}
}

func (s *Service) sorted() []*alarm {
	return slices.SortedFunc(maps.Values(s.alarms), func(a, b *alarm) int { return cmp.Compare(a.name, b.name) })
}

// evaluateAt evaluates all alarms at the start of a minute. The caller holds the lock.
func (s *Service) evaluateAt(at time.Time) (changes []change) {
	for _, a := range s.sorted() {
		// An alarm is not evaluated at a time before it was configured.
		if a.metric != nil && !at.Before(a.configured) {
			points := a.recent(&s.metrics, at)
			if state := a.metric.decide(points, a.state); state != a.state {
				changes = append(changes, a.set(state, a.metric.reason(points), at)...)
			}
		}
	}
	return s.propagate(changes, at)
}

// ruleTerm is one alarm of a rule, and the OR after it.
var ruleTerm = regexp.MustCompile(`^\s*ALARM\s*\(\s*(?:"([^"]*)"|([^\s()"]+))\s*\)\s*(OR\s|$)`)

// parseRule returns the names of the alarms in a rule such as ALARM("a") OR ALARM(b). They may be written as ARNs.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
func parseRule(text string) (children []string, err error) {
	for rest, or := text, "OR"; or != ""; {
		m := ruleTerm.FindStringSubmatch(rest)
		if m == nil || len(children) == 100 {
			return nil, fmt.Errorf("the embedded cloud has only alarm rules of at most 100 terms ALARM(name) joined by OR, got %q", text)
		}
		children = append(children, strings.TrimPrefix(m[1]+m[2], alarmARN("")))
		rest, or = rest[len(m[0]):], m[3]
	}
	return children, nil
}

// propagate evaluates the composite alarms, and adds their changes. The caller holds the lock.
func (s *Service) propagate(changes []change, at time.Time) []change {
	alarms := s.sorted()
	for range alarms { // a composite alarm can be the child of another one; a cycle ends here too
		var next []change
		for _, a := range alarms {
			if a.composite == nil {
				continue
			}
			state, reason := stateOK, a.arn()+" has no child in ALARM"
			for _, name := range a.children {
				if child := s.alarms[name]; child.state == stateAlarm {
					since := child.changed.UTC().Format("Monday 02 January, 2006 15:04:05 MST")
					state, reason = stateAlarm, child.arn()+" transitioned to ALARM at "+since
					break
				}
			}
			next = append(next, a.set(state, reason, at)...)
		}
		if len(next) == 0 {
			break
		}
		changes = append(changes, next...)
	}
	return changes
}

const (
	// timeFormat is that of times in notifications.
	timeFormat = "2006-01-02T15:04:05.000-0700"
	region     = "US East (N. Virginia)"
)

// smallNames changes the members of dimensions, which have small names in notifications. A quote within a text has a \ before it.
var smallNames = strings.NewReplacer(`{"Name":`, `{"name":`, `,"Value":`, `,"value":`)

// notify publishes the transitions to the topics of the new states. CloudWatch publishes as a service, so that the policy of
// the topic decides. A topic that refuses is reported to the operator; AWS shows it in the alarm's history only.
func (s *Service) notify(ctx context.Context, changes []change) {
	for i := range changes {
		c := &changes[i]
		n := c.notifications()
		message := smallNames.Replace(string(strictjson.Encode(c.message())))
		subject := fmt.Sprintf("%s: %q in %s", c.state, c.name, region)
		subject = subject[:min(len(subject), 100)] // the limit of SNS
		for _, topic := range n.actions(c.state) {
			if _, err := s.Topics.Publish(ctx, policy.ServicePrincipal("cloudwatch.amazonaws.com"), sns.Publication{
				TopicARN: topic, Message: message, Subject: &subject, Source: c.arn(),
			}); err != nil {
				s.account.Log.Warn("alarm action failed", "alarm", c.name, "topic", topic, "error", err)
			}
		}
	}
}

// describe is what descriptions and notifications of an alarm have in common.
func (n *Notifications) describe() wire.Object {
	return wire.Object{
		"OKActions": append([]string{}, n.OKActions...), "AlarmActions": append([]string{}, n.AlarmActions...), "InsufficientDataActions": []string{},
	}.With(wire.Object{"AlarmDescription": n.AlarmDescription})
}

// message is what a topic gets. The names of statistics, and what is absent, are as in DescribeAlarms.
func (c *change) message() wire.Object {
	m := c.notifications().describe().With(wire.Object{
		"AlarmName": c.name, "AWSAccountId": account.ID, "AlarmConfigurationUpdatedTimestamp": c.configured.UTC().Format(timeFormat),
		"NewStateValue": c.state, "NewStateReason": c.reason, "StateChangeTime": c.changed.UTC().Format(timeFormat),
		"Region": region, "AlarmArn": c.arn(), "OldStateValue": c.old,
	})
	if _, ok := m["AlarmDescription"]; !ok {
		m["AlarmDescription"] = nil
	}
	if c.composite != nil {
		m["AlarmRule"] = c.composite.AlarmRule
	} else {
		m["Trigger"] = c.metric.condition()
	}
	return m
}
