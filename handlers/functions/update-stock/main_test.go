package main

import (
	"testing"

	"github.com/order-patterns/order-patterns/handlers/checker/balances"
	"github.com/order-patterns/order-patterns/handlers/checker/setbalance/setbalancetest"
)

var api = setbalancetest.API{
	Function: "update-stock", Kind: balances.Stock, Event: "post-stock.json", ID: "456", Balance: "12",
	Rule: "an integer from 0 to 1000000000", Least: "-1000000000",
}

func TestABalanceIsStoredAndAnswered(t *testing.T) { api.StoresTheRecorded(t) }

func TestTheLastBalanceCountsAndZeroIsValid(t *testing.T) {
	api.KeepsTheLast(t, map[string]string{"0": "0", "0.0": "0", "12.0": "12", "1e2": "100", "1000000000": "1000000000"})
}

func TestBadInputIsRefusedWithItsFieldAndNothingIsStored(t *testing.T) {
	api.Refuses(t, map[string]string{
		`"12"`: `"12"`, `"0"`: `"0"`, "-1": "-1", "0.5": "0.5", "1000000001": "1000000001", "1e400": "1e400",
		"null": "null", "true": "true", "{}": "an object", "[1]": "an array",
	})
}

func TestABalanceThatCouldNotBeStoredIsNotAccepted(t *testing.T) {
	api.DoesNotAcceptWhatItCannotStore(t)
}

func TestPiecesAreAdded(t *testing.T) {
	api.Adds(t, [][2]string{{"3", "15"}, {"-3.0", "12"}, {"-12", "0"}, {"0", "0"}, {"1000000000", "1000000000"}})
}

func TestTheStockNeverGoesBelowZeroOrAboveItsLimit(t *testing.T) {
	api.RefusesToAdd(t, map[string]string{
		"-13":       "Insufficient stock of 456: 13 wanted, 12 left",
		"999999989": "add: the balance is 12, and would be above its limit of 1000000000",
	}, "Unknown product nobody: set its balance first")
}

func TestARepeatedAdditionIsMadeOnce(t *testing.T) { api.AddsOnceUnderAKey(t) }
func TestALostAnswerAddsNothingTwice(t *testing.T) { api.AddsOnceThoughTheAnswerIsLost(t) }
