package components

import (
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigateway"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// UsagePlan limits what one client of an API may do. API Gateway knows clients by their API keys; the limits of
// ApiSettings are those of all clients together.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
type UsagePlan struct {
	// RateLimit is a client's steady number of requests per second: 1 to 10,000. Default 1,000.
	RateLimit int
	// BurstLimit is how many requests of a client may come at once: 1 to 5,000. Default 1,000.
	BurstLimit int
	// RequireApiKey makes an API key, whose value is an output, and refuses requests that do not bring it in the header
	// X-Api-Key. It tells clients apart and limits them; it does not authenticate anybody.
	RequireApiKey bool
	// QuotaLimit is how many requests a client has in a QuotaPeriod: 1 to 2,147,483,647. Zero for no such limit. It needs
	// RequireApiKey.
	QuotaLimit int
	// QuotaPeriod is DAY, the default, WEEK or MONTH.
	QuotaPeriod string
}

var quotaPeriods = []string{"DAY", "WEEK", "MONTH"}

func (u UsagePlan) validate(p *problems, path string) {
	p.between(path+".RateLimit", u.RateLimit, 1, 10000)
	p.between(path+".BurstLimit", u.BurstLimit, 1, 5000)
	p.between(path+".QuotaLimit", u.QuotaLimit, 1, 1<<31-1)
	if u.QuotaLimit != 0 && !u.RequireApiKey {
		p.addf(path+".QuotaLimit", "needs RequireApiKey: API Gateway counts the requests of a key")
	}
	switch {
	case u.QuotaPeriod != "" && !slices.Contains(quotaPeriods, u.QuotaPeriod):
		p.addf(path+".QuotaPeriod", "must be one of %q, got %q", quotaPeriods, u.QuotaPeriod)
	case u.QuotaPeriod != "" && u.QuotaLimit == 0:
		p.addf(path+".QuotaPeriod", "is of use only with QuotaLimit")
	}
}

// newUsagePlan registers the plan for a stage, and returns the value of its API key; an empty one without.
func newUsagePlan(ctx *pulumi.Context, name string, plan UsagePlan, rest *apigateway.RestApi, stage *apigateway.Stage,
	tags pulumi.StringMap, opts ...pulumi.ResourceOption,
) (pulumi.StringOutput, error) {
	none := pulumi.String("").ToStringOutput()
	args := &apigateway.UsagePlanArgs{
		ApiStages: apigateway.UsagePlanApiStageArray{apigateway.UsagePlanApiStageArgs{ApiId: rest.ID(), Stage: stage.StageName}},
		ThrottleSettings: apigateway.UsagePlanThrottleSettingsArgs{
			RateLimit: pulumi.Float64(or(plan.RateLimit, 1000)), BurstLimit: pulumi.Int(or(plan.BurstLimit, 1000)),
		},
		Tags: tags,
	}
	if plan.QuotaLimit > 0 {
		args.QuotaSettings = apigateway.UsagePlanQuotaSettingsArgs{
			Limit: pulumi.Int(plan.QuotaLimit), Period: pulumi.String(or(plan.QuotaPeriod, "DAY")),
		}
	}
	registered, err := apigateway.NewUsagePlan(ctx, name, args, opts...)
	if err != nil || !plan.RequireApiKey {
		return none, err
	}
	key, err := apigateway.NewApiKey(ctx, name, &apigateway.ApiKeyArgs{Tags: tags}, opts...)
	if err != nil {
		return none, err
	}
	_, err = apigateway.NewUsagePlanKey(ctx, name, &apigateway.UsagePlanKeyArgs{
		KeyId: key.ID(), KeyType: pulumi.String("API_KEY"), UsagePlanId: registered.ID(),
	}, opts...)
	return key.Value, err
}
