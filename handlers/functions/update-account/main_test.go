package main

import (
	"testing"

	"github.com/order-patterns/order-patterns/handlers/checker/balances"
	"github.com/order-patterns/order-patterns/handlers/checker/setbalance/setbalancetest"
)

var api = setbalancetest.API{
	Function: "update-account", Kind: balances.Accounts, Event: "post-account.json", ID: "c1", Balance: "120.05",
	Rule: "a number from 0 to 100000000000 with at most 4 decimal places", Least: "-100000000000",
}

func TestABalanceIsStoredAndAnswered(t *testing.T) { api.StoresTheRecorded(t) }

func TestTheLastBalanceCountsAndZeroIsValid(t *testing.T) {
	api.KeepsTheLast(t, map[string]string{
		"0": "0", "0.0": "0", "-0": "0", "10.50": "10.5", "1e2": "100", "0.0001": "0.0001", "100000000000": "100000000000",
	})
}

func TestBadInputIsRefusedWithItsFieldAndNothingIsStored(t *testing.T) {
	api.Refuses(t, map[string]string{
		`"10.5"`: `"10.5"`, `"0"`: `"0"`, "-0.0001": "-0.0001", "0.00001": "0.00001", "100000000000.1": "100000000000.1", "1e400": "1e400",
		"null": "null", "true": "true", "{}": "an object", "[1]": "an array",
	})
}

func TestABalanceThatCouldNotBeStoredIsNotAccepted(t *testing.T) {
	api.DoesNotAcceptWhatItCannotStore(t)
}

func TestAnAmountIsAddedExactly(t *testing.T) {
	api.Adds(t, [][2]string{
		{"0.0001", "120.0501"}, {"-120.0500", "0.0001"}, {"-0.0001", "0"}, {"0", "0"}, {"1e2", "100"}, {"99999999900", "100000000000"},
	})
}

func TestABalanceNeverGoesBelowZeroOrAboveItsLimit(t *testing.T) {
	api.RefusesToAdd(t, map[string]string{
		"-120.0501":    "Insufficient account balance: 120.0501 wanted, 120.05 left",
		"99999999880":  "add: the balance is 120.05, and would be above its limit of 100000000000",
		"100000000000": "add: the balance is 120.05, and would be above its limit of 100000000000",
	}, "Unknown customer nobody: set its balance first")
}

func TestARepeatedAdditionIsMadeOnce(t *testing.T) { api.AddsOnceUnderAKey(t) }
func TestALostAnswerAddsNothingTwice(t *testing.T) { api.AddsOnceThoughTheAnswerIsLost(t) }
