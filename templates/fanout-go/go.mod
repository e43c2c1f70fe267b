module ${PROJECT}

go 1.26.0

require (
	github.com/aws/aws-lambda-go v1.55.1
	github.com/aws/aws-sdk-go-v2/service/sns v1.47.9
	github.com/order-patterns/order-patterns v0.1.0
	github.com/order-patterns/order-patterns/handlers/kit v0.1.0
	github.com/pulumi/pulumi/sdk/v3 v3.256.0
)
