package rules

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Settings may differ from stack to stack. [DefaultSettings] are the project's. The JSON names are those in the configuration of the policy
// pack.
type Settings struct {
	// AllowNone accepts methods that everybody may call, for a stack that holds nothing of value.
	AllowNone bool `json:"allowNone"`
	// PlainTopics is the reason why topics may have no KMS key in a stack without its own key. If it is empty, they must have one.
	PlainTopics string `json:"plainTopics"`
	// Wildcards are the exceptions for wildcards, by the Sid of a statement, or by the name of an AWS managed policy.
	Wildcards map[string]Exception `json:"wildcards"`
	// Tags are the keys that each resource must have.
	Tags []string `json:"tags"`
	// MinQueueDays is the shortest retention period of a queue, in days.
	MinQueueDays float64 `json:"minQueueDays"`
	// MinStreamHours is the shortest retention period of a stream, in hours.
	MinStreamHours float64 `json:"minStreamHours"`
}

// Exception accepts a wildcard.
type Exception struct {
	// Reason is the reason for the exception. An exception without a reason has no effect.
	Reason string `json:"reason"`
	// Actions are the actions that the statement may have, and no others. An entry that ends with a colon stands for all complete action
	// names of a service: xray: matches xray:PutTraceSegments, but not xray:Put*. An AWS managed policy needs none.
	Actions []string `json:"actions"`
}

// excuses reports whether the exception covers the statement.
func (e Exception) excuses(s statement) bool {
	return e.Reason != "" && len(s.NotAction) == 0 && !slices.ContainsFunc(s.Action, func(action string) bool {
		return !slices.ContainsFunc(e.Actions, func(covered string) bool {
			return action == covered || strings.HasSuffix(covered, ":") && strings.HasPrefix(action, covered) && !strings.Contains(action, "*")
		})
	})
}

// DefaultSettings returns the settings of the project.
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
		MinQueueDays:   4,  // SQS's default retention period
		MinStreamHours: 72, // from Friday evening to Monday evening
	}
}

// Config is a configuration of the policy pack: the settings and levels that differ from the defaults.
type Config struct {
	Settings Settings
	// Levels has the level of each rule that differs. [Disabled] rules do not run.
	Levels map[string]Level
}

// ReadConfig reads the file of `pulumi preview --policy-pack-config`. It is an object. A key is the name of a rule. Its value is the level,
// or an object of settings with the level as enforcementLevel. The rule `all` stands for each rule that is not named.
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

// Set changes the settings in a JSON object. Exceptions are added to the existing ones.
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
