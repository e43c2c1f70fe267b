package apigateway

import (
	"strings"

	"github.com/order-patterns/order-patterns/local/account"
)

// publish publishes the metrics of a request, for the API and for its stage. Errors are published as 0 too, so that their average
// is their rate. Those of each method, which are an option of a stage, are not published.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
func (x *exchange) publish() {
	values := []account.Value{
		account.Count("Count", 1), account.Milliseconds("Latency", x.latency), account.Count("4XXError", 0), account.Count("5XXError", 0),
	}
	if class := x.status / 100; class >= 4 {
		values[class-2].Value = 1
	}
	if x.integration.latencyText() != "" { // an integration was called
		values = append(values, account.Milliseconds("IntegrationLatency", x.integration.latency))
	}
	a, name := x.service.account, strings.TrimSuffix(x.live.traceName, "/"+x.stageName)
	a.Publish("AWS/ApiGateway", map[string]string{"ApiName": name}, values...)
	a.Publish("AWS/ApiGateway", map[string]string{"ApiName": name, "Stage": x.stageName}, values...)
}
