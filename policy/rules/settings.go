package rules

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Settings are what may differ from stack to stack. [DefaultSettings] are those of the project. The JSON names are those of the
// configuration of the policy pack.
type Settings struct {
	// AllowNone accepts methods that everybody may call: for a stack that holds nothing of value.
	AllowNone bool `json:"allowNone"`
	// PlainTopics is the reason why topics may have no key of AWS KMS in a stack without a key of its own. Empty: they must
	// have one.
	PlainTopics string `json:"plainTopics"`
	// Wildcards are the exceptions for wildcards, by the Sid of a statement, or by the name of an AWS managed policy.
	Wildcards map[string]Exception `json:"wildcards"`
	// Tags are the keys that each resource must have.
	Tags []string `json:"tags"`
	// MinQueueDays is for how many days a queue must keep a message.
	MinQueueDays float64 `json:"minQueueDays"`
	// MinStreamHours is for how many hours a stream must keep a record.
	MinStreamHours float64 `json:"minStreamHours"`
}

// Exception accepts a wildcard.
type Exception struct {
	// Reason is why it must be. An exception without one is of no effect.
	Reason string `json:"reason"`
	// Actions are the actions that the statement may have, and no others. One that ends with a colon stands for all actions of a
	// service that are written out: xray: is also xray:PutTraceSegments, and not xray:Put*. An AWS managed policy needs none.
	Actions []string `json:"actions"`
}

// excuses tells whether the exception covers the statement.
func (e Exception) excuses(s statement) bool {
	return e.Reason != "" && len(s.NotAction) == 0 && !slices.ContainsFunc(s.Action, func(action string) bool {
		return !slices.ContainsFunc(e.Actions, func(covered string) bool {
			return action == covered || strings.HasSuffix(covered, ":") && strings.HasPrefix(action, covered) && !strings.Contains(action, "*")
		})
	})
}

// DefaultSettings are the settings of the project.
func DefaultSettings() Settings {
	return Settings{
		// https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
		PlainTopics: "the policy of AWS's own key for SNS cannot be changed, so CloudWatch could not publish alarms; a key of the stack's own can be used",
		Wildcards: map[string]Exception{
			// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
			"WriteTraces":  {"X-Ray has no resources that these actions could be limited to", []string{"xray:"}},
			"TopicsRecord": {"X-Ray has no resources that these actions could be limited to; conditions name the account and its topics", []string{"xray:"}},
			// https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
			"AttachToVpc": {"EC2 has no resources for network interfaces that do not exist yet, and describes all of them or none", []string{
				"ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface",
				"ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses",
			}},
			// https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy
			"DeliverLogs": {"CloudWatch Logs has no resources that log deliveries could be limited to", []string{"logs:"}},
			// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
			"AmazonAPIGatewayPushToCloudWatchLogs": {"API Gateway checks that the role of its logs has all of these permissions", nil},
		},
		Tags:           []string{"project", "stack"},
		MinQueueDays:   4,  // as long as SQS keeps a message by default
		MinStreamHours: 72, // from Friday evening to Monday evening
	}
}

// Config is a configuration of the policy pack: which settings and levels differ from the defaults.
type Config struct {
	Settings Settings
	// Levels has the level of each rule that differs. [Disabled] rules are not run.
	Levels map[string]Level
}

// ReadConfig reads the file that `pulumi preview --policy-pack-config` reads: an object that has, by the name of a rule, its level, or
// an object of its settings with the level as enforcementLevel. The rule `all` stands for each rule that is not named.
// https://www.pulumi.com/docs/iac/packages-and-automation/crossguard/configuration/
func ReadConfig(data []byte) (Config, error) {
	var byRule map[string]json.RawMessage
	if err := json.Unmarshal(data, &byRule); err != nil {
		return Config{}, fmt.Errorf("reading the configuration of the policy pack: %w", err)
	}
	c := Config{Settings: DefaultSettings(), Levels: map[string]Level{}}
	for _, name := range slices.Sorted(maps.Keys(byRule)) {
		known := name == "all" || slices.ContainsFunc(All(), func(rule Rule) bool { return rule.Name == name })
		if !known {
			return Config{}, fmt.Errorf("configuration of the policy pack: there is no rule %q", name)
		}
		var level Level
		if json.Unmarshal(byRule[name], &level) != nil {
			var object struct{ EnforcementLevel Level }
			if err := json.Unmarshal(byRule[name], &object); err != nil {
				return Config{}, fmt.Errorf("configuration of the policy pack: %s: %w", name, err)
			}
			if err := c.Settings.Set(byRule[name]); err != nil {
				return Config{}, fmt.Errorf("configuration of the policy pack: %s: %w", name, err)
			}
			level = object.EnforcementLevel
		}
		switch level {
		case Advisory, Mandatory, Disabled:
			c.Levels[name] = level
		case "":
		default:
			return Config{}, fmt.Errorf("configuration of the policy pack: %s: there is no level %q", name, level)
		}
	}
	return c, nil
}

// Set changes the settings that a JSON object names. Exceptions are added to those that there are.
func (s *Settings) Set(data []byte) error { return json.Unmarshal(data, s) }

// Level returns the level of a rule.
func (c Config) Level(rule Rule) Level {
	for _, name := range []string{rule.Name, "all"} {
		if level, ok := c.Levels[name]; ok {
			return level
		}
	}
	return rule.Level
}
