package components

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const (
	decrypt         = "kms:Decrypt"
	generateDataKey = "kms:GenerateDataKey"
)

// keyActions are the KMS actions that a role needs for an action on an encrypted resource. An action that is not listed neither stores nor
// returns data.
//
//   - https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
//   - https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
//   - https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
//   - https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
//   - https://docs.aws.amazon.com/streams/latest/dev/permissions-user-key-KMS.html
var keyActions = map[string][]string{
	"sqs:SendMessage":          {decrypt, generateDataKey},
	"sqs:ReceiveMessage":       {decrypt},
	"sns:Publish":              {decrypt, generateDataKey},
	"dynamodb:GetItem":         {decrypt},
	"dynamodb:BatchGetItem":    {decrypt},
	"dynamodb:PutItem":         {decrypt},
	"dynamodb:UpdateItem":      {decrypt},
	"s3:PutObject":             {generateDataKey},
	"s3:GetObject":             {decrypt},
	"kinesis:PutRecord":        {generateDataKey},
	"kinesis:GetRecords":       {decrypt},
	"kinesis:SubscribeToShard": {decrypt},
}

// key is the customer-managed key of a component, and records which roles, topics and log groups use it. They are recorded when they are
// registered, as patterns of their names; Pulumi adds a random suffix to a name. The key's policy cannot name their ARNs, because it must
// exist before they do.
type key struct {
	arn       pulumi.StringOutput
	roles     map[string][]string // KMS actions by the name of the role
	logGroups []string
	topic     string
	sends     bool   // whether the topic sends to queues
	alarms    string // the prefix of the names of alarms that publish to a topic; empty for none

	recorded func(any)   // called once everything is recorded
	failed   func(error) // called instead if that fails
}

var keyARN = regexp.MustCompile(`^arn:[^:]+:kms:[^:]+:[0-9]{12}:key/.+$`)

func checkKeyARN(arn string) error {
	if !keyARN.MatchString(arn) {
		return fmt.Errorf("must be the ARN of a key, such as arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab, got %q", arn)
	}
	return nil
}

// keyArgs holds the validated arguments of a component's key.
type keyArgs struct {
	arn   pulumi.StringPtrInput // of an existing key; nil if there is none
	own   bool
	users pulumi.StringArrayInput
}

func (c Common) resolveKey(v *validator) keyArgs {
	k := keyArgs{own: c.OwnKey, users: c.KeyUsers}
	if !unset(c.KmsKeyArn) {
		k.arn = v.text("Common.KmsKeyArn", c.KmsKeyArn, checkKeyARN, "")
	}
	switch {
	case k.own && k.arn != nil:
		v.addf("Common.OwnKey", "must not be set together with KmsKeyArn")
	case k.own && unset(k.users):
		v.addf("Common.KeyUsers", "is required with OwnKey: the ARNs of who deploys, and of who may look at data, such as arn:aws:iam::123456789012:role/deploy")
	case !k.own && !unset(k.users):
		v.addf("Common.KeyUsers", "is accepted only with OwnKey")
	}
	return k
}

// makeKey prepares the component's key, if it has one, before the other children.
func (b *builder) makeKey(args keyArgs) error {
	if !args.own && args.arn == nil {
		return nil
	}
	b.key = &key{roles: map[string][]string{}}
	var complete pulumi.Output
	complete, b.key.recorded, b.key.failed = b.ctx.NewOutput()
	where := b.identity()
	policy := func(own bool, users pulumi.Input) pulumi.StringOutput {
		return pulumi.All(complete, where.partition, where.region, where.account, users).ApplyT(func(v []any) (string, error) {
			p := keyPolicy{key: v[0].(*key), partition: v[1].(string), region: v[2].(string), account: v[3].(string)}
			if own {
				p.users = v[4].([]string)
			}
			return p.render(own)
		}).(pulumi.StringOutput)
	}
	b.keyPolicy = policy(false, pulumi.StringArray{})
	if args.arn != nil {
		b.key.arn = stringOf(args.arn)
		return nil
	}
	// Without its key, retained data could not be read.
	own, err := kms.NewKey(b.ctx, b.child("key"), &kms.KeyArgs{
		Description:          pulumi.Sprintf("Encrypts what %s stores", b.name),
		EnableKeyRotation:    pulumi.Bool(true),
		DeletionWindowInDays: pulumi.Int(keyDeletionDays),
		Policy:               policy(true, args.users),
		Tags:                 b.tags,
	}, b.protected()...)
	if err != nil {
		return err
	}
	b.key.arn = own.Arn
	return nil
}

// buildWithKey creates the key and the other children. The key is registered once all children are recorded. Recording does not wait for
// the children to be created.
func (b *builder) buildWithKey(build func() error) error {
	if err := b.makeKey(b.keyArgs); err != nil {
		return err
	}
	err := build()
	switch {
	case b.key == nil:
	case err != nil:
		b.key.failed(err)
	default:
		b.key.recorded(b.key)
	}
	return err
}

// keyDeletionDays is how long a destroyed key can be restored. 30 is the maximum.
const keyDeletionDays = 30

// kmsKey returns the key of an encrypted resource, or nil for the resource's default.
func (b *builder) kmsKey() pulumi.StringPtrInput {
	if b.key == nil {
		return nil
	}
	return b.key.arn.ToStringPtrOutput()
}

// useKey records that the role needs the key for what its statements allow. It returns the statement that allows using the key, or none if
// no key is needed. The variables of a function's environment need Decrypt.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
func (b *builder) useKey(role, service string, statements []statement) []statement {
	if b.key == nil {
		return nil
	}
	needed := map[string]bool{decrypt: service == lambdaService}
	for _, s := range statements {
		for _, action := range s.actions {
			for _, a := range keyActions[action] {
				needed[a] = true
			}
		}
	}
	maps.DeleteFunc(needed, func(_ string, is bool) bool { return !is })
	actions := slices.Sorted(maps.Keys(needed))
	if len(actions) == 0 {
		return nil
	}
	b.key.roles[role] = actions
	return []statement{may("UseKey", b.key.arn, actions...)}
}

// keyOutputs returns the ARN of the key, and the statements that the policy of an existing key must contain. Both are empty without a key.
// A preview also prints the statements for an existing key, because Pulumi does not show outputs as JSON.
func (b *builder) keyOutputs() (arn, policy pulumi.StringOutput) {
	if b.key == nil {
		none := pulumi.String("").ToStringOutput()
		return none, none
	}
	if b.keyArgs.own || !b.ctx.DryRun() {
		return b.key.arn, b.keyPolicy
	}
	return b.key.arn, b.keyPolicy.ApplyT(func(text string) (string, error) {
		var paste bytes.Buffer
		if err := json.Indent(&paste, []byte(text), "", "  "); err != nil {
			return "", err
		}
		return text, b.ctx.Log.Info(fmt.Sprintf("%s: the policy of its key must contain these statements:\n%s", b.name, &paste), nil)
	}).(pulumi.StringOutput)
}

// add records what a child component recorded for the same key.
func (k *key) add(child *key) {
	maps.Copy(k.roles, child.roles)
	k.logGroups = append(k.logGroups, child.logGroups...)
}

// keyPolicy is the policy of a component's key.
type keyPolicy struct {
	*key
	partition, region, account string
	users                      []string
}

type keyStatement struct {
	Sid       string
	Effect    string
	Principal map[string]string
	Action    []string
	Resource  string
	Condition map[string]map[string][]string `json:",omitempty"`
}

// render writes the whole policy if own is set. Otherwise it writes the statements that the policy of an existing key must contain.
//
// Statements for people and roles have the account as principal, and a condition on the caller. So IAM must allow the use as well, a
// deleted role leaves no unknown id in the policy, and no role has to exist before the policy:
// https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html#key-policy-default-allow-root-enable-iam
func (p keyPolicy) render(own bool) (string, error) {
	var statements []keyStatement
	allow := func(sid, principalType, principal string, actions []string, operatorKey string, values []string) {
		s := keyStatement{Sid: sid, Effect: "Allow", Principal: map[string]string{principalType: principal}, Action: actions, Resource: "*"}
		if operatorKey != "" {
			s.Condition = map[string]map[string][]string{"ArnLike": {operatorKey: values}}
		}
		statements = append(statements, s)
	}
	root := fmt.Sprintf("arn:%s:iam::%s:root", p.partition, p.account)
	if own {
		// The actions that AWS's console gives to key administrators. They do not include using the key.
		allow("Administer", "AWS", root, administration, "", nil)
		// DynamoDB and Lambda require all of these actions of the principal that deploys:
		// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html#dynamodb-customer-cmk-policy
		allow("DeployAndOperate", "AWS", root, []string{
			"kms:Encrypt", decrypt, "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey", "kms:CreateGrant",
		}, "aws:PrincipalArn", p.users)
	}
	byActions := map[string][]string{}
	for name, actions := range p.roles {
		all := strings.Join(actions, " ")
		byActions[all] = append(byActions[all], fmt.Sprintf("arn:%s:iam::%s:role/%s-*", p.partition, p.account, name))
	}
	for _, all := range slices.Sorted(maps.Keys(byActions)) {
		actions := strings.Fields(all)
		sid := "Roles"
		for _, a := range actions {
			sid += strings.TrimPrefix(a, "kms:")
		}
		slices.Sort(byActions[all])
		allow(sid, "AWS", root, actions, "aws:PrincipalArn", byActions[all])
	}
	if p.sends {
		// https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
		allow("TopicsSendToQueues", "Service", "sns.amazonaws.com", []string{decrypt, generateDataKey}, "aws:SourceArn", p.arns("sns", []string{p.topic + "-*"}))
	}
	if p.alarms != "" {
		allow("AlarmsPublish", "Service", "cloudwatch.amazonaws.com", []string{decrypt, generateDataKey + "*"}, "aws:SourceArn",
			p.arns("cloudwatch", []string{"alarm:" + p.alarms + "-*"}))
	}
	// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
	allow("Logs", "Service", "logs."+p.region+".amazonaws.com", []string{
		"kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*",
	}, "kms:EncryptionContext:aws:logs:arn", p.arns("logs", p.logGroups))
	return marshal(struct {
		Version   string
		Statement []keyStatement
	}{"2012-10-17", statements})
}

// arns returns the ARNs of resources of a service, sorted.
func (p keyPolicy) arns(service string, resources []string) []string {
	arns := make([]string, len(resources))
	for i, r := range resources {
		arns[i] = fmt.Sprintf("arn:%s:%s:%s:%s:%s", p.partition, service, p.region, p.account, r)
	}
	slices.Sort(arns)
	return arns
}

// administration are the actions of key administrators:
// https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html#key-policy-default-allow-administrators
var administration = []string{
	"kms:Create*", "kms:Describe*", "kms:Enable*", "kms:List*", "kms:Put*", "kms:Update*", "kms:Revoke*", "kms:Disable*", "kms:Get*",
	"kms:Delete*", "kms:TagResource", "kms:UntagResource", "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion", "kms:RotateKeyOnDemand",
}
