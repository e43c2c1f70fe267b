package rules_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/policy/rules"
)

func TestTheConfigurationChangesLevelsAndSettings(t *testing.T) {
	t.Parallel()
	config, err := rules.ReadConfig([]byte(`{
		"all": "advisory", "alarms": "disabled", "tags": {"enforcementLevel": "mandatory", "tags": ["owner"]},
		"no-wildcard": {"wildcards": {"Send": {"reason": "all tenants", "actions": ["sqs:SendMessage"]}}}}`))
	require.NoError(t, err)
	levels := map[string]rules.Level{}
	for _, rule := range rules.All() {
		levels[rule.Name] = config.Level(rule)
	}
	require.Equal(t, rules.Disabled, levels["alarms"])
	require.Equal(t, rules.Mandatory, levels["tags"])
	require.Equal(t, rules.Advisory, levels["authorizer"])
	require.Equal(t, []string{"owner"}, config.Settings.Tags)
	require.Contains(t, config.Settings.Wildcards, "Send")
	require.Contains(t, config.Settings.Wildcards, "WriteTraces", "the exceptions of the project stay")

	all := stack()
	without("queue-age")(all) // the rule is disabled
	without("redrive")(all)
	set("queue", "tags", map[string]any{"owner": "shop"})(all)
	found := map[string]rules.Level{}
	for _, r := range all {
		for _, finding := range rules.Check([]rules.Resource{r, all["queue"], all["mapping"]}, config) {
			found[finding.Rule] = finding.Level
		}
	}
	require.Equal(t, rules.Advisory, found["dead-letters"])
	require.Equal(t, rules.Mandatory, found["tags"])
	require.NotContains(t, found, "alarms")
}

func TestABadConfigurationIsRefused(t *testing.T) {
	t.Parallel()
	for config, want := range map[string]string{
		`[]`:                                  "reading the configuration of the policy pack",
		`{"alarm": "advisory"}`:               `there is no rule "alarm"`,
		`{"alarms": "loud"}`:                  `alarms: there is no level "loud"`,
		`{"alarms": 1}`:                       "alarms: ",
		`{"authorizer": {"allowNone": "no"}}`: "authorizer: ",
	} {
		_, err := rules.ReadConfig([]byte(config))
		require.ErrorContains(t, err, want, config)
	}
}

func TestTheLocalStackMayHaveNoAuthorizerAndIsOtherwiseLikeAllStacks(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../local.json")
	require.NoError(t, err)
	config, err := rules.ReadConfig(data)
	require.NoError(t, err)
	require.Equal(t, rules.Config{Settings: settingsOf(func(s *rules.Settings) { s.AllowNone = true }), Levels: map[string]rules.Level{}}, config)
}
