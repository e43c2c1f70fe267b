package components

// insightsAccounts are the AWS accounts that own the layer of Lambda Insights, for the Regions where it is not 580247275435. The numbers
// were taken from the AWS CDK's copy of AWS's lists, whose addresses are at insightsLayerARN.
var insightsAccounts = map[string]string{
	"af-south-1": "012438385374", "ap-east-1": "519774774795", "ap-northeast-3": "194566237122", "ap-south-2": "891564319516",
	"ap-southeast-3": "439286490199", "ap-southeast-4": "158895979263", "ap-southeast-5": "590183865173",
	"ap-southeast-7": "761018874580", "ca-west-1": "946466191631", "cn-north-1": "488211338238", "cn-northwest-1": "488211338238",
	"eu-central-2": "033019950311", "eu-south-1": "339249233099", "eu-south-2": "352183217350", "il-central-1": "459530977127",
	"me-central-1": "732604637566", "me-south-1": "285320876703", "mx-central-1": "879381266642", "us-gov-east-1": "122132214140",
	"us-gov-west-1": "751350123760",
}

// insightsARM and insightsX86 are the versions of the layer by Region.
var insightsARM = map[string]int{
	"af-south-1": 21, "ap-east-1": 21, "ap-northeast-1": 34, "ap-northeast-2": 22, "ap-northeast-3": 20, "ap-south-1": 25,
	"ap-south-2": 9, "ap-southeast-1": 23, "ap-southeast-2": 23, "ap-southeast-3": 21, "ca-central-1": 21, "eu-central-1": 23,
	"eu-north-1": 21, "eu-south-1": 21, "eu-south-2": 9, "eu-west-1": 23, "eu-west-2": 23, "eu-west-3": 21, "me-south-1": 21,
	"sa-east-1": 21, "us-east-1": 23, "us-east-2": 25, "us-gov-east-1": 6, "us-gov-west-1": 6, "us-west-1": 21, "us-west-2": 23,
}

var insightsX86 = map[string]int{
	"af-south-1": 47, "ap-east-1": 47, "ap-northeast-1": 83, "ap-northeast-2": 55, "ap-northeast-3": 37, "ap-south-1": 54,
	"ap-south-2": 29, "ap-southeast-1": 56, "ap-southeast-2": 56, "ap-southeast-3": 33, "ap-southeast-4": 24, "ap-southeast-5": 4,
	"ap-southeast-7": 3, "ca-central-1": 55, "ca-west-1": 16, "cn-north-1": 46, "cn-northwest-1": 46, "eu-central-1": 56,
	"eu-central-2": 30, "eu-north-1": 53, "eu-south-1": 47, "eu-south-2": 31, "eu-west-1": 56, "eu-west-2": 56, "eu-west-3": 55,
	"il-central-1": 23, "me-central-1": 30, "me-south-1": 47, "mx-central-1": 3, "sa-east-1": 55, "us-east-1": 56, "us-east-2": 56,
	"us-gov-east-1": 24, "us-gov-west-1": 24, "us-west-1": 56, "us-west-2": 56,
}
