package apigateway

import (
	"context"
	"regexp"
	"strings"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/provider"
	"github.com/order-patterns/order-patterns/local/wire"
)

// domain is a custom domain name. A request with it in the header Host is for the stage to which it leads:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains.html
type domain struct {
	inputs  DomainNameArgs
	mapping *BasePathMappingArgs // nil for none
}

// DomainNameArgs are the inputs of aws:apigateway/domainName:DomainName. Only regional ones are supported, which are
// not AWS's default. Nothing here speaks TLS, so the certificate and the security policy are not used.
type DomainNameArgs struct {
	DomainName             string                `pulumi:"domainName,replace"`
	RegionalCertificateARN string                `pulumi:"regionalCertificateArn"`
	EndpointConfiguration  EndpointConfiguration `pulumi:"endpointConfiguration"`
	SecurityPolicy         *string               `pulumi:"securityPolicy,optional"`
	Tags                   map[string]string     `pulumi:"tags,optional"`
	ARN                    string                `pulumi:"arn,output"`
	RegionalDomainName     string                `pulumi:"regionalDomainName,output"`
	RegionalZoneID         string                `pulumi:"regionalZoneId,output"`
}

// zoneID is that of API Gateway's regional endpoints in us-east-1: https://docs.aws.amazon.com/general/latest/gr/apigateway.html
const zoneID = "Z1UJRXOUMOOFQ8"

var (
	domainName     = regexp.MustCompile(`^(?:[a-z0-9-]{1,63}\.)+[a-z]{2,63}$`)
	certificateARN = regexp.MustCompile(`^arn:aws:(?:acm|iam):.+$`)
)

func (s *Service) domain(name string) (*domain, error) {
	return wire.Found(s.domains[name], notFound("Invalid domain name identifier specified"))
}

func (s *Service) domainNameKind() provider.Kind {
	return &provider.Object[DomainNameArgs, domain]{
		Type: "aws:apigateway/domainName:DomainName",
		Lock: &s.mu,
		Find: s.domain,
		Check: func(c *provider.Checker, in *DomainNameArgs) {
			c.Match("domainName", &in.DomainName, domainName, "a domain name in lower case, without a wildcard")
			c.Match("regionalCertificateArn", &in.RegionalCertificateARN, certificateARN, "the ARN of a certificate")
			c.OneOf("securityPolicy", in.SecurityPolicy, "TLS_1_0", "TLS_1_2")
			c.OneOf("endpointConfiguration.types", &in.EndpointConfiguration.Types, "REGIONAL")
		},
		State: func(d *domain) *DomainNameArgs {
			state := d.inputs
			state.ARN, state.RegionalZoneID = arn("/domainnames/"+state.DomainName), zoneID
			state.RegionalDomainName = "d-" + resourceID("", state.DomainName, 10) + ".execute-api." + account.Region + ".amazonaws.com"
			return &state
		},
		Create: func(_ context.Context, in *DomainNameArgs) (string, error) {
			if s.domains[in.DomainName] != nil {
				return "", badRequest("The domain name you provided already exists.")
			}
			s.domains[in.DomainName] = &domain{inputs: *in}
			return in.DomainName, nil
		},
		Update: func(_ context.Context, d *domain, in *DomainNameArgs) error {
			d.inputs = *in
			return nil
		},
		Delete: func(_ context.Context, d *domain) error {
			delete(s.domains, d.inputs.DomainName)
			return nil
		},
	}
}

// BasePathMappingArgs are the inputs of aws:apigateway/basePathMapping:BasePathMapping. AWS also knows mappings of all stages,
// without stageName, and of base paths.
type BasePathMappingArgs struct {
	DomainName string `pulumi:"domainName,replace"`
	RestAPI    string `pulumi:"restApi"`
	StageName  string `pulumi:"stageName"`
}

func (s *Service) basePathMappingKind() provider.Kind {
	return &provider.Object[BasePathMappingArgs, BasePathMappingArgs]{
		Type: "aws:apigateway/basePathMapping:BasePathMapping",
		Lock: &s.mu,
		Find: func(id string) (*BasePathMappingArgs, error) {
			if d := s.domains[strings.TrimSuffix(id, "/")]; d != nil && d.mapping != nil {
				return d.mapping, nil
			}
			return nil, notFound("Invalid base path mapping identifier specified")
		},
		State: func(m *BasePathMappingArgs) *BasePathMappingArgs { return m },
		Create: func(_ context.Context, in *BasePathMappingArgs) (string, error) {
			d, err := s.domain(in.DomainName)
			if err != nil {
				return "", err
			}
			if d.mapping != nil {
				return "", conflict("Base path already exists for this domain name")
			}
			if _, err := s.findStage(in.RestAPI + "-" + in.StageName); err != nil {
				return "", err
			}
			d.mapping = in
			return in.DomainName + "/", nil
		},
		Update: func(_ context.Context, m *BasePathMappingArgs, in *BasePathMappingArgs) error {
			_, err := s.findStage(in.RestAPI + "-" + in.StageName)
			if err == nil {
				*m = *in
			}
			return err
		},
		Delete: func(_ context.Context, m *BasePathMappingArgs) error {
			s.domains[m.DomainName].mapping = nil
			return nil
		},
	}
}

// locate finds the stage of a request: by its domain, else by /API/STAGE. It sets the path below it.
func (x *exchange) locate() bool {
	s := x.service
	s.mu.RLock()
	defer s.mu.RUnlock()
	host, _, _ := strings.Cut(x.request.Host, ":")
	rest := strings.TrimPrefix(x.request.URL.EscapedPath(), "/")
	d := s.domains[strings.ToLower(host)]
	switch {
	case d == nil:
		x.apiID, rest, _ = strings.Cut(rest, "/")
		x.stageName, rest, _ = strings.Cut(rest, "/")
		x.prefix = "/" + x.stageName
	case d.mapping == nil:
		return false
	default:
		x.apiID, x.stageName = d.mapping.RestAPI, d.mapping.StageName
	}
	x.path = "/" + rest
	api := s.apis[x.apiID]
	if api == nil || api.stages[x.stageName] == nil {
		return false
	}
	x.live = api.stages[x.stageName].live
	return d != nil || !x.live.closed
}
