package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// story is the start of a query for log lines about one order. The access log has a traceId but no orderId, because it holds nothing of a
// request's body. AWS does not document whether that traceId begins with "Root=".
const story = `fields @timestamp, @log, level, message, outcome, error, requestId, traceId, @message | filter `

// savedQuery is a query of Logs Insights. A person replaces ORDER-ID, TRACE-ID or ID with an id.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
type savedQuery struct {
	resource, name string // the ends of the names of the resource and of the query
	text           string
}

// savedQueries are the queries about a component. Functions that are not ours have ids of their own, under any names.
func (b *builder) savedQueries() []savedQuery {
	one := savedQuery{"query-order", "order", story + `orderId = "ORDER-ID" | sort @timestamp asc | limit 1000`}
	if !b.orders {
		one = savedQuery{"query-order", "id", story + `@message like "ID" | sort @timestamp asc | limit 1000`}
	}
	return []savedQuery{
		one,
		{"query-trace", "trace", story + `traceId like "TRACE-ID" | sort @timestamp asc | limit 1000`},
		{"query-errors", "errors", `filter ispresent(error) | stats count(*) as lines by @log, message, cause | sort lines desc`},
	}
}

// queries creates the saved queries for the log groups of the component. CloudWatch shows them in a folder with the component's name.
func (b *builder) queries() error {
	if len(b.logs) == 0 {
		return nil
	}
	for _, q := range b.savedQueries() {
		if _, err := cloudwatch.NewQueryDefinition(b.ctx, b.child(q.resource), &cloudwatch.QueryDefinitionArgs{
			Name: pulumi.String(b.unique() + "/" + q.name), LogGroupNames: b.logs, QueryString: pulumi.String(q.text),
		}, b.opts()...); err != nil {
			return err
		}
	}
	return nil
}
