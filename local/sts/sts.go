// Package sts is the embedded cloud's AWS Security Token Service. It has one operation:
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
package sts

import (
	"net/http"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/wire"
)

// Service answers GetCallerIdentity.
type Service struct{ query wire.Query }

// New returns the service.
func New() *Service {
	s := &Service{query: wire.Query{XMLNS: "https://sts.amazonaws.com/doc/2011-06-15/", Version: "2011-06-15"}}
	wire.Handle(&s.query, "GetCallerIdentity", callerIdentity)
	return s
}

// SigningName implements wire.Service.
func (s *Service) SigningName() string { return "sts" }

// ServeAWS implements wire.Service.
func (s *Service) ServeAWS(w http.ResponseWriter, c *wire.Call) { s.query.ServeAWS(w, c) }

type callerIdentityOutput struct {
	ARN     string `xml:"Arn"`
	UserID  string `xml:"UserId"`
	Account string
}

// callerIdentity needs no permission, as in AWS.
func callerIdentity(c *wire.Call, _ *struct{}) (*callerIdentityOutput, error) {
	return &callerIdentityOutput{ARN: c.Principal.ARN, UserID: c.Principal.ID, Account: account.ID}, nil
}
