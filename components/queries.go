package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// story selects the lines about one order. The access log has no orderId, because it holds nothing of a request's body; it has the
// traceId. AWS does not document whether it begins with "Root=" there.
const story = `fields @timestamp, @log, level, message, outcome, error, requestId, traceId, @message | filter `

// savedQueries are queries of Logs Insights, by the end of their name. A person puts an id in the place of ORDER-ID or TRACE-ID.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
var savedQueries = []struct{ name, text string }{
	{"order", story + `orderId = "ORDER-ID" | sort @timestamp asc | limit 1000`},
	{"trace", story + `traceId like "TRACE-ID" | sort @timestamp asc | limit 1000`},
	{"errors", `filter ispresent(error) | stats count(*) as lines by @log, message, error | sort lines desc`},
}

// queries saves the queries for the log groups of the component. CloudWatch shows them in a folder of the component's name.
func (b *builder) queries() error {
	if len(b.logs) == 0 {
		return nil
	}
	for _, q := range savedQueries {
		if _, err := cloudwatch.NewQueryDefinition(b.ctx, b.child("query-"+q.name), &cloudwatch.QueryDefinitionArgs{
			Name: pulumi.String(b.unique() + "/" + q.name), LogGroupNames: b.logs, QueryString: pulumi.String(q.text),
		}, b.opts()...); err != nil {
			return err
		}
	}
	return nil
}
