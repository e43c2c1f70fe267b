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
var patterns = []string{"fanout"}

// settings are the stack's config, checked. Pulumi.yaml describes each key and has its default.
type settings struct {
	patterns         []string
	packages         string
	architecture     string
	deleteData       bool
	storeBatchSize   int
	invoiceBatchSize int
	ownApiAccount    bool
	api              components.ApiSettings
}

func (s *settings) deploys(pattern string) bool { return slices.Contains(s.patterns, pattern) }

// loadConfig reads the stack's config and reports everything that is wrong with it at once.
func loadConfig(ctx *pulumi.Context) (*settings, error) {
	c := config.New(ctx, "")
	s := &settings{packages: c.Get("packages"), architecture: c.Get("architecture")}
	var errs []error
	integer := func(key string) int {
		n, err := c.TryInt(key)
		if err != nil && !errors.Is(err, config.ErrMissingVar) {
			errs = append(errs, fmt.Errorf("config %s: must be an integer, got %q", key, c.Get(key)))
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
	s.storeBatchSize = integer("storeBatchSize")
	s.invoiceBatchSize = integer("invoiceBatchSize")
	s.api = components.ApiSettings{
		RateLimit:        integer("apiRateLimit"),
		BurstLimit:       integer("apiBurstLimit"),
		AllowOrigin:      c.Get("allowOrigin"),
		LogRetentionDays: integer("logRetentionDays"),
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
	// A batch of zero is a mistake here, where there is always a default; to the component it means the default.
	for key, n := range map[string]int{"storeBatchSize": s.storeBatchSize, "invoiceBatchSize": s.invoiceBatchSize} {
		if n == 0 && c.Get(key) != "" {
			errs = append(errs, fmt.Errorf("config %s: must be from 1 to 10, got %s", key, c.Get(key)))
		}
	}
	if len(errs) > 0 {
		slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
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
	if strings.TrimSpace(text) == "all" {
		return patterns, nil
	}
	var chosen []string
	for name := range strings.SplitSeq(text, ",") {
		name = strings.TrimSpace(name)
		if !slices.Contains(patterns, name) {
			return nil, fmt.Errorf("config pattern: there is no pattern %q; choose from %s, several separated by commas, or all", name, valid)
		}
		if !slices.Contains(chosen, name) {
			chosen = append(chosen, name)
		}
	}
	return chosen, nil
}
