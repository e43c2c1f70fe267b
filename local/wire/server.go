package wire

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/account"
)

// maxBody is more than any service accepts in one request here. Lambda packages come through the provider.
const maxBody = 64 << 20

// Server is the AWS endpoint: one address for all services.
type Server struct {
	account  *account.Account
	verifier *verifier
	services map[string]Service
}

// NewServer returns an endpoint for the services, each found by the name in the scope of a signature. Unsigned
// requests go to S3, the only one here that can serve the public.
func NewServer(a *account.Account, credentials Credentials, services ...Service) *Server {
	s := &Server{account: a, verifier: newVerifier(credentials), services: map[string]Service{}}
	for _, service := range services {
		s.services[service.SigningName()] = service
	}
	return s
}

// ServeHTTP authenticates a request and hands it to its service.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := uuid.NewString()
	w.Header().Set("x-amzn-RequestId", id)

	body, err := readBody(w, r)
	if err != nil {
		s.refuse(w, r, "", err)
		return
	}
	sig, err := parseSignature(r)
	if err != nil {
		s.refuse(w, r, "", err)
		return
	}
	call := &Call{Request: r, Account: s.account, Body: body, RequestID: id}
	name := "s3"
	switch {
	case sig == nil && (isJSON(r) || isQuery(r)):
		s.refuse(w, r, "", Errorf(http.StatusForbidden, "MissingAuthenticationToken", "Request is missing Authentication Token"))
		return
	case sig != nil:
		name = sig.service
		call.Presigned = sig.expires > 0
		if call.Principal, err = s.verifier.verify(r, body, sig, s.account.Clock.Now()); err != nil {
			s.refuse(w, r, name, err)
			return
		}
	}
	service, ok := s.services[name]
	if !ok {
		s.refuse(w, r, name, Unsupported("the service %q%s", name, operation(r, body)))
		return
	}
	service.ServeAWS(w, call)
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	body, err := io.ReadAll(r.Body)
	large, ok := errors.AsType[*http.MaxBytesError](err)
	switch {
	case ok:
		err = Errorf(http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "The request is larger than %d bytes", large.Limit)
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = Errorf(http.StatusRequestTimeout, "RequestTimeout", "The request did not arrive in time")
	}
	return body, err
}

// refuse answers a request that does not reach a service, in the form that its caller most likely reads.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, service string, err error) {
	s.account.Log.Warn("request refused", "service", service, "method", r.Method, "path", r.URL.Path, "error", err)
	c := &Call{Request: r, Account: s.account, RequestID: w.Header().Get("x-amzn-RequestId")}
	switch {
	case isJSON(r):
		(&JSON{Version: "1.0"}).fail(w, c, err)
	case isQuery(r):
		(&Query{}).fail(w, c, err)
	case isCBOR(r):
		writeCBORError(w, err)
	case service == "s3" || service == "" || service == "route53" || service == "cloudfront":
		WriteXMLError(w, c, err)
	default:
		writeRESTError(w, err)
	}
}

// operation names what is asked for, in parentheses; empty where method and path do.
func operation(r *http.Request, body []byte) string {
	name := strings.TrimPrefix(path.Ext(r.Header.Get("X-Amz-Target")), ".")
	switch {
	case isQuery(r):
		form, _ := url.ParseQuery(string(body)) // a body that is no form has no Action
		name = form.Get("Action")
	case isCBOR(r):
		name = path.Base(r.URL.Path)
	}
	if name != "" {
		name = " (" + name + ")"
	}
	return name
}

func isJSON(r *http.Request) bool { return r.Header.Get("X-Amz-Target") != "" }

func isQuery(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
}
