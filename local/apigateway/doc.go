// Package apigateway is the embedded cloud's Amazon API Gateway: REST APIs that are described by an OpenAPI 3.0
// document. As on AWS, the document is imported, a deployment is a snapshot of it, and a stage serves one deployment.
//
// Handler receives requests at /API/STAGE/PATH, which stands for https://API.execute-api.REGION.amazonaws.com/STAGE/PATH,
// and requests for custom domains. A request is routed, authorized (by its signature, by a Lambda authorizer, by the API's
// resource policy), checked for an API key, throttled, and validated against the document's parameters and schemas.
// Then a Lambda function answers it, an action of an AWS service that is called through mapping templates, or a mock.
// Errors of API Gateway itself are gateway responses, which the document can change.
//
// The import refuses by name what is not implemented: authorizers of the types REQUEST and COGNITO_USER_POOLS, other
// integration types and services, templates of other media types than application/json, binary media types, most of the
// template language, and the security of the whole document, which AWS ignores. Resources have no caches, canaries, stage
// variables, execution logs, edge-optimised or private domains, or compression.
//
// Differences from AWS:
//   - a role that API Gateway cannot assume is refused when the document is imported, not at the first request;
//   - $context.error.validationErrorString is refused: AWS does not say what its validator's words are;
//   - minItems and maxItems are validated, which AWS does not do for imported models;
//   - a function's policy may have what package policy knows, and its ARNs may have more than 512 characters;
//   - throttles and quotas are exact, and the weeks of quotas begin on Sunday;
//   - there are no metrics;
//   - a header in the answer of a function must be a string, where AWS also takes numbers and booleans;
//   - X-Forwarded-Proto is http, and the domain name is the address that the cloud listens on.
package apigateway
