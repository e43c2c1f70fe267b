package logs

import (
	"context"
	"errors"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
)

// servicePrincipal is what the policy of a log group's key must name:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
const servicePrincipal = "logs." + account.Region + ".amazonaws.com"

// useKey authorizes CloudWatch Logs itself to use a group's key. Who writes or reads log events needs no permission for it.
func (s *Service) useKey(ctx context.Context, key *string, groupName string, actions ...string) error {
	if key == nil {
		return nil
	}
	err := s.account.UseKey(ctx, account.KeyUse{
		Principal: policy.ServicePrincipal(servicePrincipal), Service: "logs", Key: *key,
		Context: map[string]string{"aws:logs:arn": groupARN(groupName)},
	}, actions...)
	var refused *account.KeyError
	if errors.As(err, &refused) {
		return refuse("AccessDeniedException", "The specified KMS key does not exist or is not allowed to be used with Arn '%s': %s", groupARN(groupName), refused.Message)
	}
	return err
}

// checkKey refuses a key that CloudWatch Logs may not use. The page above wants all these actions in its policy.
func (s *Service) checkKey(ctx context.Context, in *LogGroupArgs, groupName string) error {
	return s.useKey(ctx, in.KMSKey, groupName,
		"kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:DescribeKey")
}
