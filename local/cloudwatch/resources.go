package cloudwatch

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/provider"
)

// Kinds are the Pulumi resource types that this service realises.
func (s *Service) Kinds() []provider.Kind {
	return []provider.Kind{s.metricAlarmKind(), s.compositeAlarmKind(), s.dashboardKind()}
}

// Notifications are the inputs that both types of alarms have. Actions are ARNs of SNS topics.
type Notifications struct {
	AlarmActions     []string          `pulumi:"alarmActions,optional"`
	AlarmDescription *string           `pulumi:"alarmDescription,optional"`
	OKActions        []string          `pulumi:"okActions,optional"`
	Tags             map[string]string `pulumi:"tags,optional"`
}

// MetricAlarmArgs are the inputs of aws:cloudwatch/metricAlarm:MetricAlarm.
type MetricAlarmArgs struct {
	Notifications
	Name               *string           `pulumi:"name,optional,replace"`
	ComparisonOperator string            `pulumi:"comparisonOperator"`
	DatapointsToAlarm  *int              `pulumi:"datapointsToAlarm,optional"` // evaluationPeriods
	Dimensions         map[string]string `pulumi:"dimensions,optional"`
	EvaluationPeriods  int               `pulumi:"evaluationPeriods"`
	ExtendedStatistic  *string           `pulumi:"extendedStatistic,optional"`
	MetricName         *string           `pulumi:"metricName,optional"`
	MetricQueries      []MetricQuery     `pulumi:"metricQueries,optional"` // instead of a metric
	Namespace          *string           `pulumi:"namespace,optional"`
	Period             *int              `pulumi:"period,optional"`
	Statistic          *string           `pulumi:"statistic,optional"`
	Threshold          *float64          `pulumi:"threshold,optional"`
	TreatMissingData   *string           `pulumi:"treatMissingData,optional"` // missing
	ARN                string            `pulumi:"arn,output"`
}

// MetricQuery is a query of an alarm: a metric, or an expression of other queries. One of them returns data.
type MetricQuery struct {
	ID         string       `pulumi:"id"`
	Expression *string      `pulumi:"expression,optional"`
	Label      *string      `pulumi:"label,optional"`
	Metric     *QueryMetric `pulumi:"metric,optional"`
	Period     *int         `pulumi:"period,optional"`     // seconds, of an expression
	ReturnData *bool        `pulumi:"returnData,optional"` // false
}

// QueryMetric is a statistic of a metric.
type QueryMetric struct {
	Dimensions map[string]string `pulumi:"dimensions,optional"`
	MetricName string            `pulumi:"metricName"`
	Namespace  *string           `pulumi:"namespace,optional"`
	Period     int               `pulumi:"period"` // seconds
	Stat       string            `pulumi:"stat"`
}

// CompositeAlarmArgs are the inputs of aws:cloudwatch/compositeAlarm:CompositeAlarm.
type CompositeAlarmArgs struct {
	Notifications
	AlarmName string `pulumi:"alarmName,replace"`
	AlarmRule string `pulumi:"alarmRule"`
	ARN       string `pulumi:"arn,output"`
}

var alarmName = regexp.MustCompile(`^[\x20-\x7e]{1,255}$`)

func (n *Notifications) check(c *provider.Checker) {
	for property, actions := range map[string][]string{"alarmActions": n.AlarmActions, "okActions": n.OKActions} {
		if !c.Unknown(property) && slices.ContainsFunc(actions, func(a string) bool { return !strings.HasPrefix(a, account.ARN("sns", "")) }) {
			c.Failf(property, "must be ARNs of SNS topics of this account and Region, got %q", actions)
		}
	}
}

// actions are those of a state. One of insufficient data has none.
func (n *Notifications) actions(state string) []string {
	return map[string][]string{stateAlarm: n.AlarmActions, stateOK: n.OKActions}[state]
}

func (in *MetricAlarmArgs) check(c *provider.Checker) {
	in.Notifications.check(c)
	c.Match("name", in.Name, alarmName, "1 to 255 ASCII characters")
	if _, ok := operators[in.ComparisonOperator]; !ok && !c.Unknown("comparisonOperator") {
		c.Failf("comparisonOperator", "must be one of GreaterThan, GreaterThanOrEqualTo, LessThan and LessThanOrEqualTo with the suffix Threshold, got %q", in.ComparisonOperator)
	}
	if in.Threshold == nil && !c.Unknown("threshold") {
		c.Failf("threshold", "is required")
	}
	if !c.Unknown("evaluationPeriods") {
		c.Range("evaluationPeriods", &in.EvaluationPeriods, 1, 1440)
		c.Range("datapointsToAlarm", in.DatapointsToAlarm, 1, in.EvaluationPeriods)
	}
	c.OneOf("treatMissingData", in.TreatMissingData, "missing", "ignore", "breaching", "notBreaching")
	in.checkWatched(c)
}

func (s *Service) metricAlarmKind() provider.Kind {
	return &provider.Object[MetricAlarmArgs, alarm]{
		Type:     "aws:cloudwatch/metricAlarm:MetricAlarm",
		AutoName: &provider.AutoName{Property: "name", Max: 255},
		Check:    func(c *provider.Checker, in *MetricAlarmArgs) { in.check(c) },
		Lock:     &s.mu,
		Find:     s.find(func(a *alarm) bool { return a.metric != nil }),
		State: func(a *alarm) *MetricAlarmArgs {
			state := *a.metric
			state.ARN = a.arn()
			return &state
		},
		Create: func(_ context.Context, in *MetricAlarmArgs) (string, error) {
			return s.create(in.watch(&alarm{name: *in.Name}))
		},
		Update: func(_ context.Context, a *alarm, in *MetricAlarmArgs) error {
			in.watch(a).configure(s.account.Clock.Now())
			return nil
		},
		Delete: s.delete,
	}
}

func (s *Service) compositeAlarmKind() provider.Kind {
	return &provider.Object[CompositeAlarmArgs, alarm]{
		Type: "aws:cloudwatch/compositeAlarm:CompositeAlarm",
		Check: func(c *provider.Checker, in *CompositeAlarmArgs) {
			in.Notifications.check(c)
			c.Match("alarmName", &in.AlarmName, alarmName, "1 to 255 ASCII characters")
			c.Parse("alarmRule", &in.AlarmRule, func(text string) error {
				_, err := parseRule(text)
				return err
			})
		},
		Lock: &s.mu,
		Find: s.find(func(a *alarm) bool { return a.composite != nil }),
		State: func(a *alarm) *CompositeAlarmArgs {
			state := *a.composite
			state.ARN = a.arn()
			return &state
		},
		Create: func(_ context.Context, in *CompositeAlarmArgs) (string, error) {
			a := &alarm{name: in.AlarmName}
			if err := s.follow(a, in); err != nil {
				return "", err
			}
			return s.create(a)
		},
		Update: func(_ context.Context, a *alarm, in *CompositeAlarmArgs) error {
			if err := s.follow(a, in); err != nil {
				return err
			}
			a.configure(s.account.Clock.Now())
			return nil
		},
		Delete: s.delete,
	}
}

// follow sets the rule of a composite alarm.
func (s *Service) follow(a *alarm, in *CompositeAlarmArgs) error {
	children, err := parseRule(in.AlarmRule)
	if err != nil {
		return invalid("ValidationError", "%v", err)
	}
	for _, name := range children {
		if s.alarms[name] == nil {
			return invalid("ValidationError", "AlarmRule must not contain the alarm %q, which does not exist", name)
		}
	}
	a.composite, a.children = in, children
	return nil
}

func (s *Service) find(is func(*alarm) bool) func(name string) (*alarm, error) {
	return func(name string) (*alarm, error) {
		if a := s.alarms[name]; a != nil && is(a) {
			return a, nil
		}
		return nil, notFound(name)
	}
}

// create adds an alarm. On AWS a name that is in use would replace the other alarm.
func (s *Service) create(a *alarm) (string, error) {
	if s.alarms[a.name] != nil {
		return "", invalid("ResourceAlreadyExists", "The alarm %q exists already", a.name)
	}
	a.configure(s.account.Clock.Now())
	s.alarms[a.name] = a
	return a.name, nil
}

// delete removes an alarm. As on AWS, an alarm of which a composite alarm depends cannot be removed.
func (s *Service) delete(_ context.Context, a *alarm) error {
	for _, parent := range s.sorted() {
		if parent != a && slices.Contains(parent.children, a.name) {
			return invalid("ValidationError", "The alarm %q is a child of the composite alarm %q", a.name, parent.name)
		}
	}
	delete(s.alarms, a.name)
	return nil
}

// DashboardArgs are the inputs of aws:cloudwatch/dashboard:Dashboard.
type DashboardArgs struct {
	DashboardName string `pulumi:"dashboardName,replace"`
	DashboardBody string `pulumi:"dashboardBody"` // JSON
	ARN           string `pulumi:"dashboardArn,output"`
}

var dashboardName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}$`)

func (s *Service) dashboardKind() provider.Kind {
	return provider.Kept(s.dashboards, func(in *DashboardArgs) string { return in.DashboardName }, provider.Object[DashboardArgs, DashboardArgs]{
		Type: "aws:cloudwatch/dashboard:Dashboard",
		Check: func(c *provider.Checker, in *DashboardArgs) {
			c.Match("dashboardName", &in.DashboardName, dashboardName, "1 to 255 letters, digits, - and _")
			c.Parse("dashboardBody", &in.DashboardBody, func(text string) error {
				return json.Unmarshal([]byte(text), &struct{ Widgets []json.RawMessage }{})
			})
		},
		Lock: &s.mu,
		// A dashboard's ARN has no Region.
		State: func(d *DashboardArgs) *DashboardArgs {
			state := *d
			state.ARN = account.GlobalARN("cloudwatch", "dashboard/"+d.DashboardName)
			return &state
		},
	})
}
