// Command get-picture is the function behind GET /picture?owner=&id=. It answers what is known of a picture, also while it is
// processed.
//
// Environment: PICTURES_TABLE; optional ALLOW_ORIGIN, AUTH.
package main

import (
	"os"

	"github.com/order-patterns/order-patterns/examples/pictures/picture"
	"github.com/order-patterns/order-patterns/handlers/kit/caller"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	env := lambdaenv.Setup()
	h := &handler{table: picture.TableOf(env), callers: caller.FromEnvironment(env)}
	env.Start(httpapi.Answers{AllowOrigin: os.Getenv("ALLOW_ORIGIN")}.Handler("get picture", h.get))
}
