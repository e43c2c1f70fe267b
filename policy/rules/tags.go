package rules

import (
	"slices"
	"strings"
)

var tags = Rule{
	Name:        "tags",
	Description: "Each resource that supports tags has the required tags, such as project and stack.",
	Level:       Advisory,
	Reference:   "https://docs.aws.amazon.com/whitepapers/latest/tagging-best-practices/tagging-best-practices.html",
	Settings:    []string{"tags"},
	check: func(s *Stack, settings Settings, report report) {
		for _, r := range s.of(slices.Concat(taggedTypes, bucketTypes)...) {
			var missing []string
			for _, key := range settings.Tags {
				// The provider's default tags are in tagsAll.
				if !set(r.at("tags", key)) && !set(r.at("tagsAll", key)) {
					missing = append(missing, key)
				}
			}
			if len(missing) > 0 {
				report(r, "tags are missing: %s", strings.Join(missing, ", "))
			}
		}
	},
}

// taggedTypes are the types that can have tags, in addition to buckets.
var taggedTypes = []string{
	queueType, topicType, tableType, streamType, keyType, logGroupType, alarmType, functionType, machineType, apiType, roleType,
	"aws:apigateway/apiKey:ApiKey", "aws:apigateway/domainName:DomainName", "aws:apigateway/stage:Stage", "aws:apigateway/usagePlan:UsagePlan",
	"aws:cloudwatch/compositeAlarm:CompositeAlarm", "aws:iam/policy:Policy",
}
