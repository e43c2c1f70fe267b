// Package sts is the embedded cloud's AWS Security Token Service. It has one operation:
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
package sts

import (
	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/wire"
)

// Service answers GetCallerIdentity.
type Service struct {
	wire.Name
	wire.Query
}

// New returns the service.
func New() *Service {
	s := &Service{"sts", wire.Query{XMLNS: "https://sts.amazonaws.com/doc/2011-06-15/", Version: "2011-06-15"}}
	wire.Handle(&s.Query, "GetCallerIdentity", callerIdentity)
	return s
}

// callerIdentity needs no permission, as in AWS.
func callerIdentity(c *wire.Call, _ *struct{}) (wire.Object, error) {
	return wire.Object{"Arn": c.Principal.ARN, "UserId": c.Principal.ID, "Account": account.ID}, nil
}
