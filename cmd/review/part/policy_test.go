package part

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/review/change"
)

// state is one resource of a stack.
func state(typ, name string, inputs map[string]any) apitype.ResourceV3 {
	urn := resource.NewURN("local", "project", "", tokens.Type(typ), name)
	return apitype.ResourceV3{URN: urn, Type: tokens.Type(typ), Custom: true, ID: resource.ID(name), Inputs: inputs}
}

// version is a deployment of a project with these settings of the policy pack.
func version(t *testing.T, settings string, resources ...apitype.ResourceV3) Version {
	t.Helper()
	project := t.TempDir()
	if settings != "" {
		require.NoError(t, os.Mkdir(filepath.Join(project, "policy"), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(project, "policy", "local.json"), []byte(settings), 0o600))
	}
	return Version{Project: project, State: resources, Resources: change.Resources(resources)}
}

func TestFindingsOfTheHeadOnlyAreNew(t *testing.T) {
	const settings = `{"tags": "disabled"}`
	rolePolicy := func(name, action string) apitype.ResourceV3 {
		return state("aws:iam/rolePolicy:RolePolicy", name, map[string]any{
			"policy": `{"Statement": [{"Sid": "Store", "Effect": "Allow", "Action": "` + action + `", "Resource": "arn:aws:dynamodb:us-east-1:1:table/orders"}]}`})
	}
	group := func(name string) apitype.ResourceV3 { return state("aws:cloudwatch/logGroup:LogGroup", name, nil) }
	const (
		store = "`no-wildcard`: role policy `store`: the statement Store allows dynamodb:\\*; name what is needed, or give the reason in the settings."
		logs  = "`retention`: log group `logs`: the log group keeps log lines for ever: set retentionInDays."
	)
	for name, c := range map[string]struct {
		base, head Version
		want       Section
	}{
		"none": {version(t, settings, rolePolicy("store", "dynamodb:PutItem")), version(t, settings, rolePolicy("store", "dynamodb:GetItem")),
			Section{Markdown: "No new finding."}},
		"new": {version(t, settings, rolePolicy("store", "dynamodb:PutItem"), group("logs")), version(t, settings, rolePolicy("store", "dynamodb:*"), group("logs")),
			Section{Markdown: "- **New: " + store + "**\n\nFindings that both versions have: 1.", Summary: "**new policy findings: 1**", Met: map[string]float64{"policy": 1}}},
		"gone": {version(t, settings, rolePolicy("store", "dynamodb:*"), group("logs")), version(t, settings, rolePolicy("store", "dynamodb:PutItem")),
			Section{Markdown: "No new finding.\n\n- Gone: " + logs + "\n- Gone: " + store, Summary: "policy findings gone: 2"}},
		"new settings": {version(t, "", group("logs")), version(t, settings, group("logs")),
			Section{Markdown: "No new finding.\n\nFindings that both versions have: 1.\n\n`policy/local.json` differs. Both versions are checked with its new settings."}},
		"advisory": {version(t, settings), version(t, `{"tags": "disabled", "retention": "advisory"}`, group("logs")),
			Section{Markdown: "- **New: `retention` (advisory): log group `logs`: the log group keeps log lines for ever: set retentionInDays.**\n\n" +
				"`policy/local.json` differs. Both versions are checked with its new settings.", Summary: "**new policy findings: 1**", Met: map[string]float64{"policy": 1}}},
	} {
		t.Run(name, func(t *testing.T) {
			p := &Policy{}
			require.NoError(t, p.Measure(t.Context(), c.base))
			require.NoError(t, p.Measure(t.Context(), c.head))
			section, err := p.Section(t.Context())
			require.NoError(t, err)
			require.Equal(t, c.want, section)
		})
	}
}

// Pulumi's random digits in a name are no difference.
func TestFindingIsTheSameWithAnotherNameFromPulumi(t *testing.T) {
	findings := func(suffix string) Version {
		queue := state("aws:sqs/queue:Queue", "parcels", map[string]any{"name": "parcels-" + suffix, "__defaults": []any{"name"}, "sqsManagedSseEnabled": true})
		policy := state("aws:iam/rolePolicy:RolePolicy", "pack", map[string]any{
			"policy": `{"Statement": {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*parcels-` + suffix + `"}}`})
		return version(t, "{}", queue, policy)
	}
	p := &Policy{}
	require.NoError(t, p.Measure(t.Context(), findings("0a1b2c3")))
	require.NoError(t, p.Measure(t.Context(), findings("3c2b1a0")))
	section, err := p.Section(t.Context())
	require.NoError(t, err)
	require.Contains(t, section.Markdown, "No new finding.\n\nFindings that both versions have: ")
	require.NotContains(t, section.Markdown, "Gone")
}

func TestPolicyNeedsTheSettingsOfTheHead(t *testing.T) {
	p := &Policy{}
	require.NoError(t, p.Measure(t.Context(), version(t, "{}")))
	require.NoError(t, p.Measure(t.Context(), version(t, "")))
	_, err := p.Section(t.Context())
	require.ErrorContains(t, err, "reading the settings of the policy pack: ")
}
