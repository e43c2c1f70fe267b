package apigateway

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/order-patterns/order-patterns/local/wire"
)

// object is a JSON object of an answer. Members without a value are left out.
type object map[string]any

// operations are the calls with which a person looks at APIs:
// https://docs.aws.amazon.com/apigateway/latest/api/API_Operations.html
func (s *Service) operations() {
	of := func(f func(*wire.Call, *restAPI) (object, error)) func(*wire.Call) (*object, error) {
		return func(c *wire.Call) (*object, error) {
			if err := authorize(c); err != nil {
				return nil, err
			}
			s.mu.RLock()
			defer s.mu.RUnlock()
			a, err := s.api(c.PathValue("api"))
			if err != nil {
				return nil, err
			}
			out, err := f(c, a)
			return &out, err
		}
	}
	wire.HandleREST(&s.rest, "GET /restapis", "GetRestApis", s.getRestAPIs)
	wire.HandleREST(&s.rest, "GET /restapis/{api}", "GetRestApi", of(getRestAPI))
	wire.HandleREST(&s.rest, "GET /restapis/{api}/stages", "GetStages", of(getStages))
	wire.HandleREST(&s.rest, "GET /restapis/{api}/stages/{stage}", "GetStage", of(getStage))
	wire.HandleREST(&s.rest, "GET /restapis/{api}/deployments", "GetDeployments", of(getDeployments))
	wire.HandleREST(&s.rest, "GET /account", "GetAccount", s.getAccount)
	s.rest.Handle("GET /restapis/{api}/stages/{stage}/exports/{type}", "GetExport", s.getExport)
}

// SigningName implements wire.Service.
func (s *Service) SigningName() string { return "apigateway" }

// ServeAWS implements wire.Service.
func (s *Service) ServeAWS(w http.ResponseWriter, c *wire.Call) { s.rest.ServeAWS(w, c) }

// authorize asks for the one action that all reading needs, on the path, and refuses parameters that are not known.
func authorize(c *wire.Call, known ...string) error {
	if err := c.Authorize("apigateway:GET", arn(c.URL.Path)); err != nil {
		return err
	}
	for name := range c.URL.Query() {
		if !slices.Contains(known, name) {
			return wire.Unsupported("the parameter %q of %s", name, c.Operation)
		}
	}
	return nil
}

// list is how this API answers with several things: in the order of their ids.
func list[T any](of map[string]T, output func(T) object) object {
	items := []object{}
	for _, id := range slices.Sorted(maps.Keys(of)) {
		items = append(items, output(of[id]))
	}
	return object{"item": items}
}

func (a *restAPI) output() object {
	return object{
		"id": a.id, "name": *a.inputs.Name, "description": a.inputs.Description, "createdDate": a.created.Unix(),
		"binaryMediaTypes": a.definition.binary, "disableExecuteApiEndpoint": a.definition.closed, "apiKeySource": keyFromHeader,
		"rootResourceId": a.definition.root.id, "tags": a.inputs.Tags,
	}
}

func (st *stage) output() object {
	settings := object{}
	for key, set := range st.settings {
		settings[key] = object{
			"throttlingRateLimit": set.ThrottlingRateLimit, "throttlingBurstLimit": set.ThrottlingBurstLimit,
			"loggingLevel": set.LoggingLevel, "metricsEnabled": set.MetricsEnabled, "dataTraceEnabled": set.DataTraceEnabled,
		}
	}
	out := object{
		"stageName": st.inputs.StageName, "deploymentId": st.inputs.Deployment, "description": st.inputs.Description,
		"createdDate": st.created.Unix(), "lastUpdatedDate": st.updated.Unix(), "tracingEnabled": st.live.tracing,
		"variables": st.inputs.Variables, "methodSettings": settings, "tags": st.inputs.Tags,
	}
	if set := st.inputs.AccessLogSettings; set != nil {
		out["accessLogSettings"] = object{"destinationArn": set.DestinationARN, "format": set.Format}
	}
	return out
}

func (d *deployment) output() object {
	return object{"id": d.id, "description": d.inputs.Description, "createdDate": d.created.Unix()}
}

func (s *Service) getRestAPIs(c *wire.Call) (*object, error) {
	if err := authorize(c); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := list(s.apis, (*restAPI).output)
	return &out, nil
}

func getRestAPI(_ *wire.Call, a *restAPI) (object, error) { return a.output(), nil }

func getStages(_ *wire.Call, a *restAPI) (object, error) { return list(a.stages, (*stage).output), nil }

func getStage(c *wire.Call, a *restAPI) (object, error) {
	st, err := a.stage(c.PathValue("stage"))
	if err != nil {
		return nil, err
	}
	return st.output(), nil
}

func getDeployments(_ *wire.Call, a *restAPI) (object, error) {
	return list(a.deployments, (*deployment).output), nil
}

func (s *Service) getAccount(c *wire.Call) (*object, error) {
	if err := authorize(c); err != nil {
		return nil, err
	}
	return &object{
		"cloudwatchRoleArn": s.logRole.Load(), "features": accountFeatures, "apiKeyVersion": apiKeyVersion,
		"throttleSettings": object{"burstLimit": accountBurst, "rateLimit": accountRate},
	}, nil
}

// getExport gives the OpenAPI document that a stage serves, without API Gateway's extensions unless they are asked for.
func (s *Service) getExport(w http.ResponseWriter, c *wire.Call) error {
	if err := authorize(c, "extensions"); err != nil {
		return err
	}
	if kind, accept := c.PathValue("type"), c.Header.Get("Accept"); kind != "oas30" || strings.Contains(accept, "yaml") {
		return wire.Unsupported("exports of type %q as %q, only oas30 as application/json", kind, accept)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	a, err := s.api(c.PathValue("api"))
	if err != nil {
		return err
	}
	st, err := a.stage(c.PathValue("stage"))
	if err != nil {
		return err
	}
	body := []byte(st.live.document)
	switch extensions := c.URL.Query().Get("extensions"); extensions {
	case "apigateway", "integrations":
	case "":
		var doc any
		if err := json.Unmarshal(body, &doc); err != nil {
			return err
		}
		strip(doc)
		body = []byte(compact(doc))
	default:
		return wire.Unsupported("the extensions %q, only apigateway", extensions)
	}
	w.Header().Set("Content-Type", jsonType)
	w.Header().Set("Content-Disposition", `attachment; filename="`+a.id+`-`+st.inputs.StageName+`.json"`)
	_, err = w.Write(body)
	return err
}

// strip removes API Gateway's extensions from a document.
func strip(v any) {
	switch v := v.(type) {
	case map[string]any:
		maps.DeleteFunc(v, func(name string, _ any) bool { return strings.HasPrefix(name, "x-amazon-apigateway-") })
		for _, e := range v {
			strip(e)
		}
	case []any:
		for _, e := range v {
			strip(e)
		}
	}
}
