package lambdaenv

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// Retrying is AWS for a service whose errors with these codes are worth trying again, beside those that the SDK knows. It
// does not know Throttled, which is what SNS says:
// https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html
func (e Env) Retrying(codes ...string) aws.Config {
	cfg := e.AWS
	cfg.Retryer = func() aws.Retryer { return retry.AddWithErrorCodes(retry.NewStandard(), codes...) }
	return cfg
}
