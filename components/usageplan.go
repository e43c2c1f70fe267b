package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigateway"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// UsagePlan limits what one client of an API may do. API Gateway tells clients apart by their API keys; the limits of
// [ApiSettings] are those of all clients together.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
type UsagePlan struct {
	// RateLimit is a client's steady number of requests per second: [RateRange]. Default [DefaultClientRate].
	RateLimit pulumi.IntPtrInput `pulumi:"rateLimit,optional"`
	// BurstLimit is how many requests of a client may come at the same time: [BurstRange]. Default [DefaultClientBurst].
	BurstLimit pulumi.IntPtrInput `pulumi:"burstLimit,optional"`
	// RequireApiKey makes an API key, whose value is an output, and refuses requests that do not have it in the header
	// X-Api-Key. It tells clients apart and limits them; it does not authenticate anybody.
	RequireApiKey bool `pulumi:"requireApiKey,optional"`
	// QuotaLimit is how many requests a client has in a QuotaPeriod: [QuotaRange]. It needs RequireApiKey. Default: no
	// quota.
	QuotaLimit pulumi.IntPtrInput `pulumi:"quotaLimit,optional"`
	// QuotaPeriod is DAY, WEEK or MONTH. It needs a QuotaLimit. Default [DefaultQuotaPeriod].
	QuotaPeriod pulumi.StringPtrInput `pulumi:"quotaPeriod,optional"`
}

func (u UsagePlan) resolve(v *validator, path string) UsagePlan {
	u.RateLimit = v.number(path+".RateLimit", u.RateLimit, RateRange.Check, DefaultClientRate)
	u.BurstLimit = v.number(path+".BurstLimit", u.BurstLimit, BurstRange.Check, DefaultClientBurst)
	switch {
	case !unset(u.QuotaLimit):
		if !u.RequireApiKey {
			v.addf(path+".QuotaLimit", "needs RequireApiKey: API Gateway counts the requests of a key")
		}
		u.QuotaLimit = v.optional(path+".QuotaLimit", u.QuotaLimit, QuotaRange.Check)
		u.QuotaPeriod = v.text(path+".QuotaPeriod", u.QuotaPeriod, checkPeriod, DefaultQuotaPeriod)
	case !unset(u.QuotaPeriod):
		v.text(path+".QuotaPeriod", u.QuotaPeriod, checkPeriod, DefaultQuotaPeriod)
		v.addf(path+".QuotaPeriod", "is of use only with QuotaLimit")
	}
	return u
}

var checkPeriod = oneOf("DAY", "WEEK", "MONTH")

// usagePlan makes the plan of a stage, and returns the value of its API key; an empty one without.
func (b *builder) usagePlan(plan UsagePlan, rest *apigateway.RestApi, stage *apigateway.Stage) (pulumi.StringOutput, error) {
	none := pulumi.String("").ToStringOutput()
	args := &apigateway.UsagePlanArgs{
		ApiStages: apigateway.UsagePlanApiStageArray{apigateway.UsagePlanApiStageArgs{ApiId: rest.ID(), Stage: stage.StageName}},
		ThrottleSettings: apigateway.UsagePlanThrottleSettingsArgs{
			RateLimit: rate(intOf(plan.RateLimit)), BurstLimit: plan.BurstLimit,
		},
		Tags: b.tags,
	}
	if plan.QuotaLimit != nil {
		args.QuotaSettings = apigateway.UsagePlanQuotaSettingsArgs{Limit: intOf(plan.QuotaLimit), Period: stringOf(plan.QuotaPeriod)}
	}
	registered, err := apigateway.NewUsagePlan(b.ctx, b.name, args, b.opts()...)
	if err != nil || !plan.RequireApiKey {
		return none, err
	}
	key, err := apigateway.NewApiKey(b.ctx, b.name, &apigateway.ApiKeyArgs{Tags: b.tags}, b.opts()...)
	if err != nil {
		return none, err
	}
	_, err = apigateway.NewUsagePlanKey(b.ctx, b.name, &apigateway.UsagePlanKeyArgs{
		KeyId: key.ID(), KeyType: pulumi.String("API_KEY"), UsagePlanId: registered.ID(),
		// It also has the key's value, which the AWS provider does not mark as a secret.
	}, b.opts(pulumi.AdditionalSecretOutputs([]string{"value"}))...)
	return key.Value, err
}
