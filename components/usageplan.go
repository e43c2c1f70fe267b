package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigateway"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// UsagePlan limits each client of an API. API Gateway identifies clients by their API keys. The limits in [ApiSettings] are for all clients
// together. https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
type UsagePlan struct {
	// RateLimit is a client's steady number of requests per second: [RateRange]. Default [DefaultClientRate].
	RateLimit pulumi.IntPtrInput `pulumi:"rateLimit,optional"`
	// BurstLimit is a client's number of concurrent requests: [BurstRange]. Default [DefaultClientBurst].
	BurstLimit pulumi.IntPtrInput `pulumi:"burstLimit,optional"`
	// RequireApiKey creates an API key, whose value is an output, and refuses requests without it in the header X-Api-Key. A key identifies
	// a client, to limit it. It does not authenticate the caller. Default false.
	RequireApiKey bool `pulumi:"requireApiKey,optional"`
	// QuotaLimit is a client's number of requests in a QuotaPeriod: [QuotaRange]. It requires RequireApiKey. Default: no quota.
	QuotaLimit pulumi.IntPtrInput `pulumi:"quotaLimit,optional"`
	// QuotaPeriod is DAY, WEEK or MONTH. It requires QuotaLimit. Default [DefaultQuotaPeriod].
	QuotaPeriod pulumi.StringPtrInput `pulumi:"quotaPeriod,optional"`
}

func (u UsagePlan) resolve(v *validator, path string) UsagePlan {
	u.RateLimit = v.number(path+".RateLimit", u.RateLimit, RateRange.Check, DefaultClientRate)
	u.BurstLimit = v.number(path+".BurstLimit", u.BurstLimit, BurstRange.Check, DefaultClientBurst)
	switch {
	case !unset(u.QuotaLimit):
		if !u.RequireApiKey {
			v.addf(path+".QuotaLimit", "requires RequireApiKey: API Gateway counts the requests of a key")
		}
		u.QuotaLimit = v.optional(path+".QuotaLimit", u.QuotaLimit, QuotaRange.Check)
		u.QuotaPeriod = v.text(path+".QuotaPeriod", u.QuotaPeriod, checkPeriod, DefaultQuotaPeriod)
	case !unset(u.QuotaPeriod):
		v.text(path+".QuotaPeriod", u.QuotaPeriod, checkPeriod, DefaultQuotaPeriod)
		v.addf(path+".QuotaPeriod", "is accepted only with QuotaLimit")
	}
	return u
}

var checkPeriod = oneOf("DAY", "WEEK", "MONTH")

// usagePlan creates the usage plan of a stage. It returns the value of its API key, or an empty string without one.
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
		// A client's key resource has the value too, which the AWS provider does not mark as a secret.
	}, b.opts(pulumi.AdditionalSecretOutputs([]string{"value"}))...)
	return key.Value, err
}
