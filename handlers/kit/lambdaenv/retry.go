package lambdaenv

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// Retrying returns AWS for a service whose errors with these codes are retried, in addition to those that the SDK retries anyway. For
// example, the SDK does not retry SNS's Throttled: https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html
func (e *Env) Retrying(codes ...string) aws.Config {
	cfg := e.AWS
	cfg.Retryer = func() aws.Retryer { return retry.AddWithErrorCodes(retry.NewStandard(), codes...) }
	return cfg
}
