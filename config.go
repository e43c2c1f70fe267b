package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"

	"github.com/order-patterns/order-patterns/components"
)

// settings are the stack's config: the patterns to deploy, and the arguments of each.
type settings struct {
	patterns        []string
	ownApiAccount   bool
	ownTraceAccount bool

	apiAccount   components.ApiAccountArgs
	fanOut       components.FanOutArgs
	orchestrator components.OrchestratorArgs
	eventStream  components.EventStreamArgs
	checker      components.CheckerPipelineArgs
}

func (s *settings) deploys(pattern string) bool { return slices.Contains(s.patterns, pattern) }

// useApiAccount makes the access logs of all APIs depend on the Region's account setting.
func (s *settings) useApiAccount(roleArn pulumi.StringOutput) {
	for _, api := range []*components.ApiSettings{&s.fanOut.Api, &s.orchestrator.Api, &s.eventStream.Api, &s.checker.Api} {
		api.AccountRoleArn = roleArn
	}
}

// loadConfig reads the stack's config. Its error lists everything that is not valid.
func loadConfig(ctx *pulumi.Context) (*settings, error) {
	r := &configReader{config: config.New(ctx, "")}
	logs := r.oneOf("apiAccessLogs", accessLogs, defaultAccessLogs)
	patterns, auth := r.patterns(), r.authorizer()
	common := components.Common{
		Packages:         r.config.Get("packages"),
		Architecture:     r.config.Get("architecture"),
		Tags:             pulumi.StringMap{"project": pulumi.String(ctx.Project()), "stack": pulumi.String(ctx.Stack())},
		LogRetentionDays: r.number("logRetentionDays"),
		CodeFromS3:       r.boolean("codeFromS3"),
		DeleteData:       r.boolean("deleteData"),
		KmsKeyArn:        r.text("kmsKeyArn"),
		OwnKey:           r.boolean("ownKey"),
		KeyUsers:         r.keyUsers(),
		Alarms:           r.alarms(),

		LambdaInsights:         r.boolean("lambdaInsights"),
		LambdaInsightsLayerArn: r.text("lambdaInsightsLayerArn"),
	}
	api := components.ApiSettings{
		RateLimit:   r.number("apiRateLimit"),
		BurstLimit:  r.number("apiBurstLimit"),
		AllowOrigin: r.text("allowOrigin"),
		AccessLogs:  pulumi.BoolRef(logs != "off"),

		DetailedMetrics: r.toggle("apiDetailedMetrics"),

		DomainName:                r.text("domainName"),
		CertificateArn:            r.text("certificateArn"),
		HostedZoneId:              r.text("hostedZoneId"),
		DisableExecuteApiEndpoint: r.boolean("disableExecuteApiEndpoint"),
		WebAclArn:                 r.text("webAclArn"),
		AllowedCidrs:              r.list("allowedCidrs"),
	}
	if api.DomainName != nil && len(patterns) > 1 {
		r.addf("domainName", "requires a stack with one pattern, because each pattern has its own API, got %s", strings.Join(patterns, ", "))
	}
	capacity := r.capacity()
	reader := components.ReaderSettings{
		BatchSize:             r.number("readerBatchSize"),
		BatchingWindowSeconds: r.number("readerBatchingWindowSeconds"),
		ParallelizationFactor: r.number("parallelizationFactor"),
		MaximumRetryAttempts:  r.numberOrZero("readerRetryAttempts"),
		EnhancedFanOut:        r.boolean("enhancedFanOut"),
	}
	s := &settings{
		patterns:        patterns,
		ownApiAccount:   logs == "own-account",
		ownTraceAccount: r.oneOf("topicTraces", topicTraces, defaultTopicTraces) == "own-account",
		apiAccount:      components.ApiAccountArgs{Tags: common.Tags},
		fanOut: components.FanOutArgs{
			Common: common, Authorizer: auth, Api: api,
			Orders: &components.FanOutOrders{
				Capacity:     capacity,
				StoreQueue:   components.QueueSettings{BatchSize: r.number("storeBatchSize")},
				InvoiceQueue: components.QueueSettings{BatchSize: r.number("invoiceBatchSize")},
			},
		},
		orchestrator: components.OrchestratorArgs{
			Common: common, Authorizer: auth, Api: api, Orders: &components.OrchestratorOrders{Capacity: capacity},
			Express:     r.boolean("express"),
			NotifyEmail: r.text("notifyEmail"),
		},
		eventStream: components.EventStreamArgs{
			Common: common, Authorizer: auth, Api: api,
			Stream: components.StreamSettings{Shards: r.numberOrZero("shards")},
			Orders: &components.EventStreamOrders{Capacity: capacity, ProjectReader: reader, InvoiceReader: reader},
		},
		checker: components.CheckerPipelineArgs{
			Common: common, Authorizer: auth, Api: api, Orders: &components.CheckerPipelineOrders{Capacity: capacity},
			UsagePlan: components.UsagePlan{
				RateLimit:     r.number("clientRateLimit"),
				BurstLimit:    r.number("clientBurstLimit"),
				RequireApiKey: r.boolean("requireApiKey"),
				QuotaLimit:    r.numberOrZero("clientQuota"),
				QuotaPeriod:   r.text("clientQuotaPeriod"),
			},
		},
	}
	r.unknown(ctx.Project(), os.Getenv(pulumi.EnvConfig))
	if err := errors.Join(r.errs...); err != nil {
		return nil, err
	}
	return s, nil
}

// capacity reads the capacity of the tables.
func (r *configReader) capacity() components.TableCapacity {
	const read, write, maxRead, maxWrite = "tableReadUnits", "tableWriteUnits", "tableMaxReadUnits", "tableMaxWriteUnits"
	c := components.TableCapacity{
		ReadUnits: r.numberOrZero(read), WriteUnits: r.numberOrZero(write),
		MaxReadUnits: r.numberOrZero(maxRead), MaxWriteUnits: r.numberOrZero(maxWrite),
	}
	if (c.ReadUnits == nil) != (c.WriteUnits == nil) {
		r.addf(write, "must be set together with %s, or neither for on-demand tables", read)
	}
	for _, scaling := range []struct {
		key, of        string
		maximum, units pulumi.IntPtrInput
	}{{maxRead, read, c.MaxReadUnits, c.ReadUnits}, {maxWrite, write, c.MaxWriteUnits, c.WriteUnits}} {
		maximum, set := scaling.maximum.(pulumi.Int)
		if units, provisioned := scaling.units.(pulumi.Int); set && (!provisioned || maximum < units) {
			r.addf(scaling.key, "must be at least %s, which is %d, got %d", scaling.of, units, maximum)
		}
	}
	return c
}

// keyUsers reads the users of the component's own key. It ignores them without ownKey, so that a stack's config may always have them.
func (r *configReader) keyUsers() pulumi.StringArrayInput {
	if !r.boolean("ownKey") {
		return nil
	}
	return r.list("keyUsers")
}

// alarms reads the settings of alarms. It ignores them while alarms are off, so that a stack's config may always have them.
func (r *configReader) alarms() components.AlarmSettings {
	s := components.AlarmSettings{
		TopicArn:           r.text("alarmTopicArn"),
		Email:              r.text("alarmEmail"),
		QueueAgeSeconds:    r.number("alarmQueueAgeSeconds"),
		FunctionErrors:     r.number("alarmFunctionErrors"),
		DurationPercent:    r.number("alarmDurationPercent"),
		IteratorAgeSeconds: r.number("alarmIteratorAgeSeconds"),
		ApiErrors:          r.number("alarmApiErrors"),
		ApiLatencyMs:       r.number("alarmApiLatencyMs"),
		PendingSeconds:     r.number("alarmPendingSeconds"),
	}
	if r.oneOf("alarms", []string{defaultAlarms, "off"}, defaultAlarms) == "off" {
		return components.AlarmSettings{Off: true}
	}
	return s
}

// authorizer reads who may call the APIs.
func (r *configReader) authorizer() components.Authorizer {
	const key = "auth"
	kind := components.AuthorizerKind(r.config.Get(key))
	issuer, audience := r.text("jwtIssuer"), r.text("jwtAudience")
	switch kind {
	case components.AuthJwt:
		if issuer == nil {
			r.addf("jwtIssuer", "is required with auth jwt: the URL of the OpenID Connect issuer of the tokens")
		}
		if audience == nil {
			r.addf("jwtAudience", "is required with auth jwt: the audience of the tokens, their claim aud")
		}
		auth := components.JwtAuthorizer(issuer, audience)
		auth.AccountClaim = r.text("jwtAccountClaim")
		return auth
	case components.AuthIam, components.AuthNone:
		if issuer != nil {
			r.addf("jwtIssuer", "is accepted only with auth jwt, got auth %s", kind)
		}
		if audience != nil {
			r.addf("jwtAudience", "is accepted only with auth jwt, got auth %s", kind)
		}
	case "":
		r.addf(key, "is required; %s", authKinds)
	default:
		r.addf(key, "unknown value %q; %s", kind, authKinds)
	}
	return components.Authorizer{Kind: kind}
}

// patterns reads one name, several names separated by commas, or "all".
func (r *configReader) patterns() []string {
	const key = "pattern"
	choose := fmt.Sprintf("choose from %s, several separated by commas, or all", strings.Join(patterns, ", "))
	text := r.config.Get(key)
	if strings.TrimSpace(text) == "" {
		r.addf(key, "is required; %s", choose)
		return nil
	}
	var chosen []string
	for name := range strings.SplitSeq(text, ",") {
		names := []string{strings.TrimSpace(name)}
		if names[0] == "all" {
			names = patterns
		}
		for _, name := range names {
			if !slices.Contains(patterns, name) {
				r.addf(key, "unknown pattern %q; %s", name, choose)
				return nil
			}
			if !slices.Contains(chosen, name) {
				chosen = append(chosen, name)
			}
		}
	}
	return chosen
}
