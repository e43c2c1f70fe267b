package components_test

import (
	"debug/elf"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/components"
)

const (
	keyType     = "aws:kms/key:Key"
	existingKey = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd"
)

var keyUsers = pulumi.StringArray{pulumi.String("arn:aws:iam::123456789012:role/deploy"), pulumi.String("arn:aws:iam::123456789012:user/operator-*")}

// keys returns the arguments for each kind of key, and the ARN of the key of a pattern.
func keys() map[string]struct {
	common common
	arn    func(pattern string) string
} {
	return map[string]struct {
		common common
		arn    func(pattern string) string
	}{
		"own": {
			common{Common: components.Common{OwnKey: true, KeyUsers: keyUsers}, auth: tokens},
			func(pattern string) string { return "arn:aws:kms:eu-west-1:123456789012:key/" + pattern + "-key" },
		},
		"existing": {common{Common: components.Common{KmsKeyArn: pulumi.String(existingKey)}, auth: tokens}, func(string) string { return existingKey }},
	}
}

func TestAKeyEncryptsEverythingThatHoldsData(t *testing.T) {
	for kind, k := range keys() {
		t.Run(kind, func(t *testing.T) {
			each(t, k.common, func(t *testing.T, pattern string, c *cloud) {
				arn := k.arn(pattern)
				count := map[string]int{}
				for _, r := range c.registered {
					in := r.Inputs.Mappable()
					count[r.TypeToken]++
					switch r.TypeToken {
					case topicType:
						has(t, in, map[string]any{"kmsMasterKeyId": arn})
					case queueType:
						has(t, in, map[string]any{"kmsMasterKeyId": arn, "sqsManagedSseEnabled": nil})
					case tableType:
						has(t, in, map[string]any{"serverSideEncryption": map[string]any{"enabled": true, "kmsKeyArn": arn}})
					case streamType:
						has(t, in, map[string]any{"encryptionType": "KMS", "kmsKeyId": arn})
					case "aws:cloudwatch/logGroup:LogGroup":
						has(t, in, map[string]any{"kmsKeyId": arn})
					case functionType:
						has(t, in, map[string]any{"kmsKeyArn": arn})
					case "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2":
						require.Equal(t, []any{map[string]any{
							"applyServerSideEncryptionByDefault": map[string]any{"sseAlgorithm": "aws:kms", "kmsMasterKeyId": arn}, "bucketKeyEnabled": true,
						}}, in["rules"])
					}
				}
				require.Equal(t, map[string]int{"own": 1, "existing": 0}[kind], count[keyType])
				require.Equal(t, len(functions[pattern])+1, count[functionType], "with %s", authorizeCaller)
			})
		})
	}
}

func TestAnOwnKeyIsRotatedAndProtectedUnlessDataMayBeDeleted(t *testing.T) {
	for _, deleteData := range []bool{false, true} {
		each(t, common{Common: components.Common{OwnKey: true, KeyUsers: keyUsers, DeleteData: deleteData}}, func(t *testing.T, pattern string, c *cloud) {
			r := c.find(t, keyType, pattern+"-key")
			has(t, r.Inputs.Mappable(), map[string]any{"enableKeyRotation": true, "deletionWindowInDays": 30.0})
			require.Equal(t, !deleteData, r.RegisterRPC.GetProtect())
		})
	}
}

// The key actions of each role. An additional action is a risk, a missing one an outage.
func TestEachRoleMayUseTheKeyForWhatItDoesAndNothingElse(t *testing.T) {
	read, send := []any{"kms:Decrypt"}, []any{"kms:Decrypt", "kms:GenerateDataKey"}
	roles := map[string]map[string][]any{
		"fanout": {"publish-order": send, "store-order": send, "write-invoice": send, "get-order": read, "get-invoice": read},
		"orchestrator": {
			"store-order-task": read, "write-invoice-task": send, "take-back-order-task": read, "get-order": read, "get-invoice": read, "machine": send,
		},
		"eventstream": {"append-order": send, "project-order": send, "invoice-order": send, "get-order": read, "get-invoice": read},
		"checker": {
			"capture-order": send, "get-order-status": read, "update-account": read, "update-stock": read, "check-balance": send, "check-stock": send,
			"update-order": send, "ship-order": send, "relay-order": send,
		},
	}
	for kind, k := range keys() {
		t.Run(kind, func(t *testing.T) {
			each(t, k.common, func(t *testing.T, pattern string, c *cloud) {
				want := map[string][]any{}
				for name, actions := range roles[pattern] {
					want[pattern+"-"+name] = actions
				}
				want[pattern+"-api-"+authorizeCaller] = read
				got := map[string][]any{}
				for _, r := range c.registered {
					if r.TypeToken != rolePolicyType {
						continue
					}
					for _, s := range c.document(t, r.TypeToken, r.Name, "policy")["Statement"].([]any) {
						statement := s.(map[string]any)
						for _, action := range statement["Action"].([]any) {
							require.Equal(t, statement["Sid"] == "UseKey", strings.HasPrefix(action.(string), "kms:"))
						}
						if statement["Sid"] == "UseKey" {
							require.Equal(t, []any{k.arn(pattern)}, statement["Resource"])
							got[strings.TrimSuffix(r.Name, "-policy")] = statement["Action"].([]any)
						}
					}
				}
				require.Empty(t, cmp.Diff(want, got))
			})
		})
	}
}

// keyStatements returns the statements of a key policy by Sid.
func keyStatements(t *testing.T, text string) map[string]map[string]any {
	t.Helper()
	var doc struct {
		Version   string
		Statement []map[string]any
	}
	require.NoError(t, json.Unmarshal([]byte(text), &doc))
	require.Equal(t, "2012-10-17", doc.Version)
	statements := map[string]map[string]any{}
	for _, s := range doc.Statement {
		require.Equal(t, "Allow", s["Effect"])
		require.Equal(t, "*", s["Resource"], "of a key policy, this is the key")
		statements[s["Sid"].(string)] = s
	}
	return statements
}

// onlyIf returns the condition of a statement.
func onlyIf(key string, values ...any) map[string]any {
	return map[string]any{"ArnLike": map[string]any{key: values}}
}

func TestTheKeyPolicyNamesWhoNeedsTheKeyAndNobodyElse(t *testing.T) {
	each(t, keys()["own"].common, func(t *testing.T, pattern string, c *cloud) {
		statements := keyStatements(t, c.inputs(t, keyType, pattern+"-key")["policy"].(string))
		root := map[string]any{"AWS": "arn:aws:iam::123456789012:root"}

		require.Equal(t, root, statements["Administer"]["Principal"])
		for _, action := range statements["Administer"]["Action"].([]any) {
			for _, use := range []string{"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom"} {
				require.False(t, strings.HasPrefix(use, strings.TrimSuffix(action.(string), "*")), "%s allows %s", action, use)
			}
		}
		has(t, statements["DeployAndOperate"], map[string]any{"Principal": root,
			"Condition": onlyIf("aws:PrincipalArn", "arn:aws:iam::123456789012:role/deploy", "arn:aws:iam::123456789012:user/operator-*")})

		// The roles of each statement are those whose own policy has its actions.
		byActions := map[string][]any{}
		var groups []any
		for _, r := range c.registered {
			switch r.TypeToken {
			case rolePolicyType:
				for _, s := range c.document(t, r.TypeToken, r.Name, "policy")["Statement"].([]any) {
					if statement := s.(map[string]any); statement["Sid"] == "UseKey" {
						sid := "Roles"
						for _, action := range statement["Action"].([]any) {
							sid += strings.TrimPrefix(action.(string), "kms:")
						}
						byActions[sid] = append(byActions[sid], "arn:aws:iam::123456789012:role/"+strings.TrimSuffix(r.Name, "-policy")+"-role-*")
					}
				}
			case "aws:cloudwatch/logGroup:LogGroup":
				name := r.Name + "-*"
				if _, given := r.Inputs["name"]; given { // that of executions, which is named by a role
					name = "/aws/vendedlogs/states/orchestrator-machine-role-*"
				}
				groups = append(groups, "arn:aws:logs:eu-west-1:123456789012:log-group:"+name)
			}
		}
		for sid, roles := range byActions {
			sort(roles)
			has(t, statements[sid], map[string]any{"Principal": root, "Condition": onlyIf("aws:PrincipalArn", roles...)})
		}
		require.Equal(t, []any{"kms:Decrypt"}, statements["RolesDecrypt"]["Action"])
		require.Equal(t, []any{"kms:Decrypt", "kms:GenerateDataKey"}, statements["RolesDecryptGenerateDataKey"]["Action"])

		sort(groups)
		has(t, statements["Logs"], map[string]any{"Principal": map[string]any{"Service": "logs.eu-west-1.amazonaws.com"},
			"Action":    []any{"kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"},
			"Condition": onlyIf("kms:EncryptionContext:aws:logs:arn", groups...)})
		has(t, statements["AlarmsPublish"], map[string]any{"Principal": map[string]any{"Service": "cloudwatch.amazonaws.com"},
			"Action":    []any{"kms:Decrypt", "kms:GenerateDataKey*"},
			"Condition": onlyIf("aws:SourceArn", "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:"+pattern+"-*")})
		want := 2 + len(byActions) + 2
		if c.registered["aws:sns/topicSubscription:TopicSubscription "+pattern+"-store-order-subscription"].Name != "" || pattern == "checker" {
			want++
			has(t, statements["TopicsSendToQueues"], map[string]any{"Principal": map[string]any{"Service": "sns.amazonaws.com"},
				"Action":    []any{"kms:Decrypt", "kms:GenerateDataKey"},
				"Condition": onlyIf("aws:SourceArn", "arn:aws:sns:eu-west-1:123456789012:"+pattern+"-orders-*")})
		}
		require.Len(t, statements, want)
	})
}

func sort(list []any) {
	slices.SortFunc(list, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
}

// The statements for the policy of an existing key are the same as those in the policy of the component's own key.
func TestTheOutputHasWhatTheExistingKeysPolicyMustContain(t *testing.T) {
	outputs := func(edit func(*components.Common)) (m map[string]any, c *cloud) {
		args := &components.FanOutArgs{Orders: &components.FanOutOrders{}, Authorizer: tokens, Common: inFolder(t)}
		edit(&args.Common)
		c = &cloud{}
		require.NoError(t, c.run(func(ctx *pulumi.Context) error {
			f, err := components.NewFanOut(ctx, "fanout", args)
			if err != nil {
				return err
			}
			f.Outputs().ToMapOutput().ApplyT(func(all map[string]any) error {
				m = all
				return nil
			})
			return nil
		}))
		return m, c
	}
	existing, _ := outputs(func(a *components.Common) { a.KmsKeyArn = pulumi.String(existingKey) })
	require.Equal(t, existingKey, existing["keyArn"])
	own, c := outputs(func(a *components.Common) { a.OwnKey, a.KeyUsers = true, keyUsers })
	require.Equal(t, "arn:aws:kms:eu-west-1:123456789012:key/fanout-key", own["keyArn"])
	want := keyStatements(t, c.inputs(t, keyType, "fanout-key")["policy"].(string))
	delete(want, "Administer")
	delete(want, "DeployAndOperate")
	require.Equal(t, want, keyStatements(t, existing["keyPolicy"].(string)))
	require.Equal(t, existing["keyPolicy"], own["keyPolicy"])
}

func TestTheKeyPolicyIsOfItsPartition(t *testing.T) {
	c := &cloud{partition: "aws-cn"}
	require.NoError(t, c.run(func(ctx *pulumi.Context) error {
		_, err := components.NewFanOut(ctx, "fanout", &components.FanOutArgs{Orders: &components.FanOutOrders{}, Authorizer: tokens, Common: components.Common{
			Packages: packages(t, elf.EM_AARCH64), OwnKey: true, KeyUsers: pulumi.StringArray{pulumi.String("arn:aws-cn:iam::123456789012:role/deploy")},
		}})
		return err
	}))
	text := c.inputs(t, keyType, "fanout-key")["policy"]
	require.Contains(t, text, "arn:aws-cn:logs:eu-west-1:123456789012:log-group:fanout-")
	require.NotContains(t, text, "arn:aws:")
}

func TestInvalidKeysAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(*components.Common)
		want string
	}{
		"two keys": {func(a *components.Common) {
			a.OwnKey, a.KeyUsers, a.KmsKeyArn = true, keyUsers, pulumi.String(existingKey)
		}, "Common.OwnKey: must not be set together with KmsKeyArn"},
		"an alias":                      {func(a *components.Common) { a.KmsKeyArn = pulumi.String("alias/orders") }, "Common.KmsKeyArn: must be the ARN of a key"},
		"nobody to use the own key":     {func(a *components.Common) { a.OwnKey = true }, "Common.KeyUsers: is required with OwnKey"},
		"users of a key that is nobody": {func(a *components.Common) { a.KeyUsers = keyUsers }, "Common.KeyUsers: is accepted only with OwnKey"},
	} {
		t.Run(name, func(t *testing.T) {
			args := &components.FanOutArgs{Orders: &components.FanOutOrders{}, Authorizer: open, Common: inFolder(t)}
			c.edit(&args.Common)
			refuses(t, components.NewFanOut, "FanOut", "fanout", args, []string{c.want})
		})
	}
}

// An API that is used alone may have a key too.
func TestAnAPIUsedAloneHasItsKey(t *testing.T) {
	c := deploy(t, components.NewOrderApi, "api", &components.OrderApiArgs{
		Authorizer: tokens, Common: components.Common{Packages: packages(t, elf.EM_AARCH64), OwnKey: true, KeyUsers: keyUsers},
		Routes: []components.Route{{Method: "GET", Path: "/order", Responses: []components.Response{{Status: 200, Description: "x"}}, Function: &components.FunctionTarget{Name: pulumi.String("f"), InvokeArn: pulumi.String("arn:f")}}},
	}, nil)
	arn := "arn:aws:kms:eu-west-1:123456789012:key/api-key"
	has(t, c.inputs(t, functionType, "api-"+authorizeCaller), map[string]any{"kmsKeyArn": arn})
	has(t, c.inputs(t, "aws:cloudwatch/logGroup:LogGroup", "api-access-logs"), map[string]any{"kmsKeyId": arn})
	statements := keyStatements(t, c.inputs(t, keyType, "api-key")["policy"].(string))
	has(t, statements["RolesDecrypt"], map[string]any{"Condition": onlyIf("aws:PrincipalArn", "arn:aws:iam::123456789012:role/api-authorize-caller-role-*")})
}

func TestWithoutAKeyNoRoleMayUseOne(t *testing.T) {
	each(t, common{}, func(t *testing.T, _ string, c *cloud) {
		for key, r := range c.registered {
			require.NotEqual(t, keyType, r.TypeToken)
			require.NotContains(t, fmt.Sprint(r.Inputs.Mappable()), "kms:", key)
		}
	})
}
