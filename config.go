package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"

	"github.com/order-patterns/order-patterns/components"
)

// patterns are what `pattern` may name.
var patterns = []string{"fanout", "orchestrator", "eventstream", "checker"}

// settings are the stack's config, checked. Pulumi.yaml describes each key and has its default.
type settings struct {
	patterns         []string
	packages         string
	architecture     string
	deleteData       bool
	storeBatchSize   int
	invoiceBatchSize int
	express          bool
	notifyEmail      string
	shards           int
	reader           components.ReaderSettings
	usagePlan        components.UsagePlan
	ownApiAccount    bool
	api              components.ApiSettings
}

func (s *settings) deploys(pattern string) bool { return slices.Contains(s.patterns, pattern) }

// loadConfig reads the stack's config and reports everything that is wrong with it at once.
func loadConfig(ctx *pulumi.Context) (*settings, error) {
	c := config.New(ctx, "")
	s := &settings{packages: c.Get("packages"), architecture: c.Get("architecture")}
	var errs []error
	// A key that is not set is zero, which to a component means its default; a zero that somebody has set is a mistake.
	integer := func(key string, lo, hi int) int {
		n, err := c.TryInt(key)
		switch {
		case errors.Is(err, config.ErrMissingVar):
		case err != nil:
			errs = append(errs, fmt.Errorf("config %s: must be an integer, got %q", key, c.Get(key)))
		case n < lo || n > hi:
			errs = append(errs, fmt.Errorf("config %s: must be from %d to %d, got %d", key, lo, hi, n))
		}
		return n
	}
	boolean := func(key string) bool {
		b, err := c.TryBool(key)
		if err != nil && !errors.Is(err, config.ErrMissingVar) {
			errs = append(errs, fmt.Errorf("config %s: must be true or false, got %q", key, c.Get(key)))
		}
		return b
	}

	var err error
	if s.patterns, err = parsePatterns(c.Get("pattern")); err != nil {
		errs = append(errs, err)
	}
	s.deleteData = boolean("deleteData")
	s.storeBatchSize = integer("storeBatchSize", 1, 10)
	s.invoiceBatchSize = integer("invoiceBatchSize", 1, 10)
	s.express = boolean("express")
	s.notifyEmail = c.Get("notifyEmail")
	s.shards = integer("shards", 0, 10000)
	s.reader = components.ReaderSettings{
		BatchSize:             integer("readerBatchSize", 1, 10000),
		BatchingWindowSeconds: integer("readerBatchingWindowSeconds", 0, 300),
		ParallelizationFactor: integer("parallelizationFactor", 1, 10),
		MaximumRetryAttempts:  integer("readerRetryAttempts", 1, 10000),
		EnhancedFanOut:        boolean("enhancedFanOut"),
	}
	s.usagePlan = components.UsagePlan{
		RateLimit:     integer("clientRateLimit", 1, 10000),
		BurstLimit:    integer("clientBurstLimit", 1, 5000),
		RequireApiKey: boolean("requireApiKey"),
		QuotaLimit:    integer("clientQuota", 0, 1<<31-1),
		QuotaPeriod:   c.Get("clientQuotaPeriod"),
	}
	s.api = components.ApiSettings{
		RateLimit:        integer("apiRateLimit", 1, 10000),
		BurstLimit:       integer("apiBurstLimit", 1, 5000),
		AllowOrigin:      c.Get("allowOrigin"),
		LogRetentionDays: integer("logRetentionDays", 1, 3653),
		Tags:             map[string]string{"project": ctx.Project(), "stack": ctx.Stack()},
	}
	switch logs := c.Get("apiAccessLogs"); logs {
	case "", "off":
	case "account":
		s.api.AccessLogs = true
	case "own-account":
		s.api.AccessLogs, s.ownApiAccount = true, true
	default:
		errs = append(errs, fmt.Errorf("config apiAccessLogs: must be one of off, account, own-account, got %q", logs))
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return s, nil
}

// parsePatterns reads one name, several separated by commas, or "all".
func parsePatterns(text string) ([]string, error) {
	valid := strings.Join(patterns, ", ")
	if strings.TrimSpace(text) == "" {
		return nil, fmt.Errorf("config pattern: is required; choose from %s, several separated by commas, or all", valid)
	}
	var chosen []string
	for name := range strings.SplitSeq(text, ",") {
		names := []string{strings.TrimSpace(name)}
		if names[0] == "all" {
			names = patterns
		}
		for _, name := range names {
			if !slices.Contains(patterns, name) {
				return nil, fmt.Errorf("config pattern: there is no pattern %q; choose from %s, several separated by commas, or all", name, valid)
			}
			if !slices.Contains(chosen, name) {
				chosen = append(chosen, name)
			}
		}
	}
	return chosen, nil
}
