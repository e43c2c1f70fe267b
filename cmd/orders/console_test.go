package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// consoleRequest is a request of console.json, which local/console reads.
type consoleRequest struct {
	Title, Component, Method, Path string
	Body                           json.RawMessage
	First                          []consoleRequest
}

func (r consoleRequest) filled() string { return strings.ReplaceAll(string(r.Body), "{id}", "id1") }

// unspaced is the body as the examples have it.
func (r consoleRequest) unspaced() string {
	return strings.NewReplacer(`": `, `":`, `, "`, `,"`).Replace(string(r.Body))
}

func TestTheRequestsOfTheConsoleAreValidAndThoseOfTheExamples(t *testing.T) {
	text, err := os.ReadFile("console.json")
	require.NoError(t, err)
	var settings struct{ Requests []consoleRequest }
	require.NoError(t, json.Unmarshal(text, &settings))
	require.Len(t, settings.Requests, 4)
	for _, r := range settings.Requests {
		name := strings.TrimPrefix(r.Component, "order-patterns:components:")
		t.Run(name, func(t *testing.T) {
			require.Equal(t, []string{"POST", "/order"}, []string{r.Method, r.Path})
			if name == "CheckerPipeline" {
				_, err := checker.ParseRequest([]byte(r.filled()))
				require.NoError(t, err)
				require.Contains(t, checkerCurl, "'"+r.unspaced()+"'")
				for _, first := range r.First {
					require.Contains(t, checkerCurl, first.Path)
				}
				return
			}
			order, err := coffee.ParseRequest([]byte(r.filled()), time.Now())
			require.NoError(t, err)
			require.Equal(t, "id1", order.OrderID)
			example := strings.NewReplacer(`"orderid":"{id}",`, ``, `"a-{id}"`, `"a0"`).Replace(r.unspaced())
			require.Contains(t, coffeeCurl, "'"+example+"'")
		})
	}
}
