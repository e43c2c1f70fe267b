package apigateway

import (
	"context"
	"net"
	"regexp"
	"strings"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/provider"
)

// domain is a custom domain name. A request with it in the header Host is for the stage to which its base path leads:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains.html
type domain struct {
	id       string
	inputs   DomainNameArgs
	mappings map[string]*BasePathMappingArgs // by base path; may be empty
}

// DomainNameArgs are the inputs of aws:apigateway/domainName:DomainName. Only regional ones are supported. Nothing here speaks
// TLS, so the certificate and the security policy are not used.
type DomainNameArgs struct {
	DomainName             string                 `pulumi:"domainName,replace"`
	RegionalCertificateARN string                 `pulumi:"regionalCertificateArn"`
	EndpointConfiguration  *EndpointConfiguration `pulumi:"endpointConfiguration,optional"`
	SecurityPolicy         *string                `pulumi:"securityPolicy,optional"`
	Tags                   map[string]string      `pulumi:"tags,optional"`
}

type domainNameState struct {
	DomainNameArgs
	ARN                string            `pulumi:"arn"`
	RegionalDomainName string            `pulumi:"regionalDomainName"`
	RegionalZoneID     string            `pulumi:"regionalZoneId"`
	TagsAll            map[string]string `pulumi:"tagsAll"`
}

// zoneID is that of API Gateway's regional endpoints in us-east-1: https://docs.aws.amazon.com/general/latest/gr/apigateway.html
const zoneID = "Z1UJRXOUMOOFQ8"

var (
	domainName     = regexp.MustCompile(`^(?:[a-z0-9-]{1,63}\.)+[a-z]{2,63}$`)
	certificateARN = regexp.MustCompile(`^arn:aws:(?:acm|iam):.+$`)
	basePath       = regexp.MustCompile(`^[A-Za-z0-9$_.+!*'()-]*$`)
)

func (s *Service) domain(name string) (*domain, error) {
	if d := s.domains[name]; d != nil {
		return d, nil
	}
	return nil, notFound("Invalid domain name identifier specified")
}

func (s *Service) domainNameKind() provider.Kind {
	return &provider.Object[DomainNameArgs, domainNameState, domain]{
		Type: "aws:apigateway/domainName:DomainName",
		Lock: &s.mu,
		Find: s.domain,
		Check: func(c *provider.Checker, in *DomainNameArgs) {
			c.Match("domainName", &in.DomainName, domainName, "a domain name in lower case, without a wildcard")
			c.Match("regionalCertificateArn", &in.RegionalCertificateARN, certificateARN, "the ARN of a certificate")
			c.OneOf("securityPolicy", in.SecurityPolicy, "TLS_1_0", "TLS_1_2")
			if e := in.EndpointConfiguration; e != nil {
				c.OneOf("endpointConfiguration.types", &e.Types, "REGIONAL")
			} else {
				c.Failf("endpointConfiguration", "is required: the default of AWS is EDGE, which the embedded cloud does not support")
			}
		},
		State: func(d *domain) *domainNameState {
			return &domainNameState{
				DomainNameArgs: d.inputs, ARN: arn("/domainnames/" + d.inputs.DomainName), TagsAll: d.inputs.Tags, RegionalZoneID: zoneID,
				RegionalDomainName: "d-" + d.id + ".execute-api." + account.Region + ".amazonaws.com",
			}
		},
		Create: func(_ context.Context, in *DomainNameArgs) (string, error) {
			if s.domains[in.DomainName] != nil {
				return "", badRequest("The domain name you provided already exists.")
			}
			s.domains[in.DomainName] = &domain{id: newID(10), inputs: *in, mappings: map[string]*BasePathMappingArgs{}}
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
// without stageName.
type BasePathMappingArgs struct {
	DomainName string  `pulumi:"domainName,replace"`
	BasePath   *string `pulumi:"basePath,optional,replace"` // one path part; empty for the root
	RestAPI    string  `pulumi:"restApi"`
	StageName  string  `pulumi:"stageName"`
}

func (in *BasePathMappingArgs) path() string {
	if in.BasePath == nil {
		return ""
	}
	return *in.BasePath
}

func (s *Service) basePathMappingKind() provider.Kind {
	return &provider.Object[BasePathMappingArgs, BasePathMappingArgs, BasePathMappingArgs]{
		Type: "aws:apigateway/basePathMapping:BasePathMapping",
		Lock: &s.mu,
		Find: func(id string) (*BasePathMappingArgs, error) {
			name, path, _ := strings.Cut(id, "/")
			if d := s.domains[name]; d != nil && d.mappings[path] != nil {
				return d.mappings[path], nil
			}
			return nil, notFound("Invalid base path mapping identifier specified")
		},
		Check: func(c *provider.Checker, in *BasePathMappingArgs) {
			c.Match("basePath", in.BasePath, basePath, "one path part; the embedded cloud does not support several")
		},
		State: func(m *BasePathMappingArgs) *BasePathMappingArgs { return m },
		Create: func(_ context.Context, in *BasePathMappingArgs) (string, error) {
			d, err := s.domain(in.DomainName)
			if err != nil {
				return "", err
			}
			if _, err := s.findStage(in.RestAPI + "-" + in.StageName); err != nil {
				return "", err
			}
			if d.mappings[in.path()] != nil {
				return "", conflict("Base path already exists for this domain name")
			}
			d.mappings[in.path()] = in
			return in.DomainName + "/" + in.path(), nil
		},
		Update: func(_ context.Context, m *BasePathMappingArgs, in *BasePathMappingArgs) error {
			if _, err := s.findStage(in.RestAPI + "-" + in.StageName); err != nil {
				return err
			}
			*m = *in
			return nil
		},
		Delete: func(_ context.Context, m *BasePathMappingArgs) error {
			delete(s.domains[m.DomainName].mappings, m.path())
			return nil
		},
	}
}

// locate finds the stage of a request: by its domain and base path, else by /API/STAGE. It sets the path below it.
func (x *exchange) locate() bool {
	s := x.service
	s.mu.RLock()
	defer s.mu.RUnlock()
	host := x.request.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	whole := strings.TrimPrefix(x.request.URL.EscapedPath(), "/")
	first, rest, _ := strings.Cut(whole, "/")
	d := s.domains[strings.ToLower(host)]
	if d != nil {
		m := d.mappings[first]
		if x.prefix = "/" + first; m == nil || first == "" {
			m, rest, x.prefix = d.mappings[""], whole, ""
		}
		if m == nil {
			return false
		}
		x.apiID, x.stageName, x.path = m.RestAPI, m.StageName, "/"+rest
	} else {
		x.apiID, x.path = first, "/"
		if x.stageName, rest, _ = strings.Cut(rest, "/"); rest != "" {
			x.path += rest
		}
		x.prefix = "/" + x.stageName
	}
	api := s.apis[x.apiID]
	if api == nil || api.stages[x.stageName] == nil {
		return false
	}
	x.live = api.stages[x.stageName].live
	return d != nil || !x.live.closed
}
