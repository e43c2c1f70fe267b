package components

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// watched collects what CloudWatch monitors in a component. Each kind of resource adds to it where it is created: see watch.go.
type watched struct {
	alarms []alarm
	charts map[chart][]metric
	logs   pulumi.StringArray // names of the log groups with log lines about orders
}

// add adds what a child component collected.
func (w *watched) add(child watched) {
	w.alarms = append(w.alarms, child.alarms...)
	w.logs = append(w.logs, child.logs...)
	for _, c := range slices.Sorted(maps.Keys(child.charts)) {
		w.plot(c, child.charts[c]...)
	}
}

// metric is a CloudWatch metric and its statistic.
type metric struct {
	namespace, name, statistic string
	dimensions                 pulumi.StringMap
	id                         string // in the expression of an alarm
	label                      string // in a chart
}

// alarm is raised while the statistic of a metric, or an expression over metrics, is above a threshold.
type alarm struct {
	name       string // its key in the output, and the end of its name
	kind       alarmKind
	metrics    []metric
	expression string // an expression over the ids of the metrics; empty if there is one metric
	above      pulumi.Float64Input
	seconds    int // length of a period
	breaching  int // how many of the last periods must be above the threshold
	periods    int
}

// alarmKind says what an alarm means. anchor is the heading in docs/operations.md that says what to do.
type alarmKind struct{ anchor, means string }

const runbook = "https://github.com/order-patterns/order-patterns/blob/main/docs/operations.md"

func (k alarmKind) description() string { return k.means + " What to do: " + runbook + "#" + k.anchor }

// of fills in what the alarm is about, for %s in means.
func (k alarmKind) of(what string) alarmKind {
	k.means = fmt.Sprintf(k.means, what)
	return k
}

// ordersOr returns "orders" if the functions are built-in, and what otherwise.
func (b *builder) ordersOr(what string) string {
	if b.orders {
		return "orders"
	}
	return what
}

func (b *builder) alarm(a alarm) { b.alarms = append(b.alarms, a) }

// noAlarms returns the empty outputs of a component without alarms.
func noAlarms() (names pulumi.StringMapOutput, arn, topicArn, dashboard pulumi.StringOutput) {
	none := pulumi.String("").ToStringOutput()
	return pulumi.StringMap{}.ToStringMapOutput(), none, none, none
}

// watch creates the alarms, the composite alarm, the topic that they are published to, and the dashboard. It returns the outputs about
// them, which are empty if alarms are off. It also creates the saved queries, which are free.
func (b *builder) watch() (names pulumi.StringMapOutput, arn, topicArn, dashboard pulumi.StringOutput, err error) {
	names, arn, topicArn, dashboard = noAlarms()
	if err = b.queries(); err != nil || b.alarmArgs.Off {
		return
	}
	if topicArn, err = b.alarmTopic(); err != nil {
		return
	}
	byName, arns := pulumi.StringMap{}, pulumi.StringArray{}
	var all []any
	for _, a := range b.alarms {
		made, err := b.metricAlarm(a, topicArn)
		if err != nil {
			return names, arn, topicArn, dashboard, err
		}
		byName[a.name], arns, all = made.Name, append(arns, made.Arn), append(all, made.Name)
	}
	if arn, err = b.alarmOfAlarms(all); err != nil {
		return
	}
	dashboard, err = b.dashboard(arns)
	return byName.ToStringMapOutput(), arn, topicArn, dashboard, err
}

// maxAlarms is how many alarms a rule may name, and a widget show:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html and
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
const maxAlarms = 100

// alarmOfAlarms creates a composite alarm that is raised while any of the named alarms is. More than maxAlarms, which only a component
// with many functions of its user has, are first grouped into composite alarms.
func (b *builder) alarmOfAlarms(others []any) (pulumi.StringOutput, error) {
	if len(others) > maxAlarms {
		var groups []any
		for group := range slices.Chunk(others, maxAlarms) {
			part := fmt.Sprintf("alarms-%d", len(groups)+1)
			made, err := b.compositeAlarm(b.child(part), b.unique()+"-"+part, group)
			if err != nil {
				return pulumi.StringOutput{}, err
			}
			groups = append(groups, made.AlarmName)
		}
		others = groups
	}
	made, err := b.compositeAlarm(b.name, b.unique(), others)
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	return made.Arn, nil
}

// compositeAlarm creates an alarm that is raised while any of at most maxAlarms other alarms is. It has no action, because each of the
// others is published already. A pager may subscribe to it instead of to the others.
func (b *builder) compositeAlarm(resource, name string, others []any) (*cloudwatch.CompositeAlarm, error) {
	return cloudwatch.NewCompositeAlarm(b.ctx, resource, &cloudwatch.CompositeAlarmArgs{
		AlarmName:        pulumi.String(name),
		AlarmDescription: pulumi.String(alarmKind{"alarms", "At least one of the alarms of " + b.name + " is raised."}.description()),
		AlarmRule: pulumi.All(others...).ApplyT(func(names []any) string {
			terms := make([]string, len(names))
			for i, name := range names {
				terms[i] = fmt.Sprintf("ALARM(%q)", name)
			}
			return strings.Join(terms, " OR ")
		}).(pulumi.StringOutput),
		Tags: b.tags,
	}, b.opts()...)
}

// metricAlarm creates an alarm, which is published when it is raised and when it is over. A period without data counts as not above the
// threshold.
func (b *builder) metricAlarm(a alarm, topic pulumi.StringOutput) (*cloudwatch.MetricAlarm, error) {
	args := &cloudwatch.MetricAlarmArgs{
		AlarmDescription:   pulumi.String(a.kind.description()),
		ComparisonOperator: pulumi.String("GreaterThanThreshold"),
		Threshold:          a.above.ToFloat64Output().ToFloat64PtrOutput(),
		EvaluationPeriods:  pulumi.Int(a.periods),
		DatapointsToAlarm:  pulumi.Int(a.breaching),
		TreatMissingData:   pulumi.String("notBreaching"),
		AlarmActions:       pulumi.Array{topic},
		OkActions:          pulumi.Array{topic},
		Tags:               b.tags,
	}
	if a.expression == "" {
		m := a.metrics[0]
		args.Namespace, args.MetricName, args.Dimensions, args.Period = pulumi.String(m.namespace), pulumi.String(m.name), m.dimensions, pulumi.Int(a.seconds)
		if strings.HasPrefix(m.statistic, "p") {
			args.ExtendedStatistic = pulumi.String(m.statistic)
		} else {
			args.Statistic = pulumi.String(m.statistic)
		}
	} else {
		args.MetricQueries = a.queries()
	}
	return cloudwatch.NewMetricAlarm(b.ctx, b.child(a.name), args, b.opts()...)
}

// queries returns the metrics of an expression, and the expression. Only the expression is compared with the threshold.
func (a alarm) queries() cloudwatch.MetricAlarmMetricQueryArray {
	queries := cloudwatch.MetricAlarmMetricQueryArray{}
	for _, m := range a.metrics {
		queries = append(queries, &cloudwatch.MetricAlarmMetricQueryArgs{
			Id: pulumi.String(m.id),
			Metric: &cloudwatch.MetricAlarmMetricQueryMetricArgs{
				Namespace: pulumi.String(m.namespace), MetricName: pulumi.String(m.name), Dimensions: m.dimensions,
				Stat: pulumi.String(m.statistic), Period: pulumi.Int(a.seconds),
			},
			ReturnData: pulumi.Bool(false),
		})
	}
	return append(queries, &cloudwatch.MetricAlarmMetricQueryArgs{
		Id: pulumi.String("alarm"), Label: pulumi.String(a.name), Expression: pulumi.String(a.expression), ReturnData: pulumi.Bool(true),
	})
}

// alarmTopic returns the ARN of the topic that alarms are published to. A topic that it creates lets only this component's alarms publish.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
func (b *builder) alarmTopic() (pulumi.StringOutput, error) {
	if b.alarmArgs.TopicArn != nil {
		return stringOf(b.alarmArgs.TopicArn), nil
	}
	if b.key != nil {
		b.key.alarms = b.name
	}
	is := b.identity()
	topic, err := b.newTopic("alarms", func(topic *sns.Topic) statement {
		return statement{
			sid: "AlarmsPublish", principal: "cloudwatch.amazonaws.com", actions: []string{"sns:Publish"}, resources: []pulumi.StringInput{topic.Arn},
			conditions: []condition{
				{"StringEquals", "aws:SourceAccount", is.account},
				{"ArnLike", "aws:SourceArn", pulumi.Sprintf("arn:%s:cloudwatch:%s:%s:alarm:%s-*", is.partition, is.region, is.account, b.name)},
			},
		}
	})
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	if b.alarmArgs.Email == nil {
		return topic.Arn, nil
	}
	_, err = sns.NewTopicSubscription(b.ctx, b.child("alarms-email"), &sns.TopicSubscriptionArgs{
		Topic: topic.Arn, Protocol: pulumi.String("email"), Endpoint: stringOf(b.alarmArgs.Email),
	}, b.opts()...)
	return topic.Arn, err
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9_-]`)

// unique returns the component's name, prefixed with the names of the project and the stack. It is for resources whose names the provider
// does not make unique. The three names have at most 100 characters each; CloudWatch accepts names of 255.
func (b *builder) unique() string {
	return notInNames.ReplaceAllString(b.ctx.Project()+"-"+b.ctx.Stack()+"-"+b.name, "-")
}
