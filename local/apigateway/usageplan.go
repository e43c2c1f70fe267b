package apigateway

import (
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"time"

	"golang.org/x/time/rate"

	"github.com/order-patterns/order-patterns/local/provider"
)

// usagePlan gives keys access to stages, each key at the plan's rate and up to the plan's quota, over all stages of the
// plan: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
type usagePlan struct {
	id      string
	inputs  UsagePlanArgs
	quota   *quota // nil for no limit
	keys    map[string]*apiKey
	clients map[string]*client // by id of the key
}

// client is what a plan grants to one key, and what is used of it.
type client struct {
	limiter *rate.Limiter            // nil where the plan sets no rate
	methods map[string]*rate.Limiter // by stage and method: "a1b2c3d4e5/prod/order/POST"
	usage   *usage
}

// UsagePlanArgs are the inputs of aws:apigateway/usagePlan:UsagePlan. Product codes of the AWS Marketplace are not
// supported.
type UsagePlanArgs struct {
	Name             *string           `pulumi:"name,optional"`
	Description      *string           `pulumi:"description,optional"`
	APIStages        []PlanStage       `pulumi:"apiStages,optional"`
	ThrottleSettings *PlanThrottle     `pulumi:"throttleSettings,optional"`
	QuotaSettings    *QuotaSettings    `pulumi:"quotaSettings,optional"`
	Tags             map[string]string `pulumi:"tags,optional"`
}

// PlanStage is a stage that the plan gives access to.
type PlanStage struct {
	APIID     string           `pulumi:"apiId"`
	Stage     string           `pulumi:"stage"`
	Throttles []MethodThrottle `pulumi:"throttles,optional"`
}

// MethodThrottle limits each key on one method, besides the plan's own limit.
type MethodThrottle struct {
	// Path is that of the resource and the verb: /order/POST.
	Path string `pulumi:"path"`
	PlanThrottle
}

// PlanThrottle is a token bucket. The AWS provider sends 0 for what is absent: without BurstLimit the bucket takes no
// token, without RateLimit none comes back.
type PlanThrottle struct {
	BurstLimit *int     `pulumi:"burstLimit,optional"` // requests
	RateLimit  *float64 `pulumi:"rateLimit,optional"`  // requests per second
}

func (t *PlanThrottle) values() (perSecond float64, burst int) {
	if t.RateLimit != nil {
		perSecond = *t.RateLimit
	}
	if t.BurstLimit != nil {
		burst = *t.BurstLimit
	}
	return perSecond, burst
}

func (t *PlanThrottle) limiter() *rate.Limiter {
	perSecond, burst := t.values()
	return rate.NewLimiter(rate.Limit(perSecond), burst)
}

type usagePlanState struct {
	UsagePlanArgs
	ARN     string            `pulumi:"arn"`
	TagsAll map[string]string `pulumi:"tagsAll"`
}

func (p *usagePlan) state() *usagePlanState {
	return &usagePlanState{UsagePlanArgs: p.inputs, ARN: arn("/usageplans/" + p.id), TagsAll: p.inputs.Tags}
}

var throttledMethod = regexp.MustCompile(`^/(.*/)?[A-Z]+$`)

func (in *UsagePlanArgs) check(c *provider.Checker) {
	if t := in.ThrottleSettings; t != nil {
		if t.BurstLimit == nil && t.RateLimit == nil && !c.Unknown("throttleSettings") {
			c.Failf("throttleSettings", "must have burstLimit or rateLimit")
		}
		t.check(c, "throttleSettings")
	}
	if in.QuotaSettings != nil {
		in.QuotaSettings.check(c)
	}
	seen := map[string]bool{}
	for i, st := range in.APIStages {
		at := "apiStages[" + strconv.Itoa(i) + "]"
		if name := st.APIID + ":" + st.Stage; !c.Unknown(at) {
			if seen[name] {
				c.Failf(at, "is the stage %s again", name)
			}
			seen[name] = true
		}
		for j, t := range st.Throttles {
			tAt := at + ".throttles[" + strconv.Itoa(j) + "]"
			if !c.Unknown(tAt+".path") && !throttledMethod.MatchString(t.Path) {
				c.Failf(tAt+".path", "must be a resource's path and a method, such as /order/POST, got %q", t.Path)
			}
			t.check(c, tAt)
		}
	}
}

// check refuses what is negative. The limits of the stage and of the account hold whatever the plan says.
func (t *PlanThrottle) check(c *provider.Checker, at string) {
	c.Range(at+".burstLimit", t.BurstLimit, 0, math.MaxInt32)
	if v := t.RateLimit; v != nil && (*v < 0 || math.IsNaN(*v) || math.IsInf(*v, 0)) {
		c.Failf(at+".rateLimit", "must be a number from 0, got %v", *v)
	}
}

func (p *usagePlan) covers(apiID, stage string) bool {
	return slices.ContainsFunc(p.inputs.APIStages, func(st PlanStage) bool { return st.APIID == apiID && st.Stage == stage })
}

// set gives the plan other settings. What keys have used stays, unless quotas are of another period.
func (p *usagePlan) set(in *UsagePlanArgs, now time.Time) {
	was := p.quota
	p.inputs, p.quota = *in, newQuota(in.QuotaSettings, was, now)
	for id, old := range p.clients {
		next := p.newClient(old)
		if was != nil && p.quota != nil && was.period != p.quota.period {
			next.usage = &usage{}
		}
		p.clients[id] = next
	}
}

// newClient makes the limits of one key. A change elsewhere in the plan must not refill its buckets.
func (p *usagePlan) newClient(old *client) *client {
	c := &client{methods: map[string]*rate.Limiter{}, usage: &usage{}}
	if old == nil {
		old = &client{}
	} else {
		c.usage = old.usage
	}
	if t := p.inputs.ThrottleSettings; t != nil {
		c.limiter = keepBucket(old.limiter, t.limiter())
	}
	for _, st := range p.inputs.APIStages {
		for _, t := range st.Throttles {
			key := st.APIID + "/" + st.Stage + t.Path
			c.methods[key] = keepBucket(old.methods[key], t.limiter())
		}
	}
	return c
}

// keepBucket is the old limiter, if its limits are those of the next, else the next.
func keepBucket(old, next *rate.Limiter) *rate.Limiter {
	if old != nil && next != nil && old.Limit() == next.Limit() && old.Burst() == next.Burst() {
		return old
	}
	return next
}

func (p *usagePlan) join(k *apiKey) {
	p.keys[k.id], p.clients[k.id] = k, p.newClient(nil)
	k.plans[p.id] = p
}

func (p *usagePlan) leave(k *apiKey) {
	delete(p.keys, k.id)
	delete(p.clients, k.id)
	delete(k.plans, p.id)
}

// forget takes stages that go away out of all plans. The caller holds the lock.
func (s *Service) forget(gone func(PlanStage) bool) {
	for _, p := range s.plans {
		if slices.ContainsFunc(p.inputs.APIStages, gone) {
			in := p.inputs
			in.APIStages = slices.DeleteFunc(slices.Clone(in.APIStages), gone)
			p.set(&in, s.account.Clock.Now())
		}
	}
}

// byID lists things in the order of their ids.
func byID[T any](m map[string]T) []T {
	list := make([]T, 0, len(m))
	for _, id := range slices.Sorted(maps.Keys(m)) {
		list = append(list, m[id])
	}
	return list
}
