// Package kinesis is the embedded cloud's Amazon Kinesis Data Streams.
package kinesis

import (
	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/provider"
	"github.com/order-patterns/order-patterns/local/wire"
)

// Service is the Kinesis of one account.
type Service struct {
	wire.JSON
	account *account.Account
}

// New returns a Kinesis without streams.
func New(a *account.Account) *Service {
	return &Service{account: a, JSON: wire.JSON{Target: "Kinesis_20131202", Version: "1.1"}}
}

// SigningName is kinesis.
func (s *Service) SigningName() string { return "kinesis" }

// Kinds are the Pulumi resource types that this service realises.
func (s *Service) Kinds() []provider.Kind { return nil }
