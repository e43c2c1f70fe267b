package local

import (
	"context"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/provider"
)

// functions are the invokes that return the account, Region and partition.
func functions() map[string]provider.Function {
	return map[string]provider.Function{
		"aws:index/getCallerIdentity:getCallerIdentity": answer(map[string]any{
			"id": account.ID, "accountId": account.ID, "arn": account.GlobalARN("iam", "user/developer"), "userId": "developer",
		}),
		"aws:index/getRegion:getRegion": answer(map[string]any{
			"id": account.Region, "name": account.Region, "region": account.Region,
			"endpoint": "ec2." + account.Region + ".amazonaws.com", "description": "The embedded cloud",
		}),
		"aws:index/getPartition:getPartition": answer(map[string]any{
			"id": "aws", "partition": "aws", "dnsSuffix": "amazonaws.com", "reverseDnsPrefix": "com.amazonaws",
		}),
	}
}

func answer(result map[string]any) provider.Function {
	return func(context.Context, resource.PropertyMap) (resource.PropertyMap, error) {
		return resource.NewPropertyMapFromMap(result), nil
	}
}
