package kit_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
)

// A function of a route returns a status and what is encoded as JSON, or an error. An httpapi.Error is the client's; what any
// other error says is only logged.
func Example_route() {
	get := func(ctx context.Context, r httpapi.Request) (status int, body any, err error) {
		switch id := r.PathParameters["id"]; id {
		case "p1":
			return http.StatusOK, map[string]any{"id": id, "width": 640}, nil
		case "p2":
			return 0, nil, errors.New("the table pictures-4711 does not answer")
		default:
			return 0, nil, httpapi.Errorf(http.StatusNotFound, "there is no picture %q", id)
		}
	}

	// In main: lambdaenv.Setup().Start(httpapi.Answers{}.Handler("get picture", get))
	handle := httpapi.Answers{}.Handler("get picture", get)
	for _, id := range []string{"p1", "p2", "p3"} {
		answer, err := handle(context.Background(), httpapi.Request{PathParameters: map[string]string{"id": id}})
		fmt.Println(answer.StatusCode, answer.Body, err)
	}
	// Output:
	// 200 {"id":"p1","width":640} <nil>
	// 503 {"message":"the request was not carried out; please try again"} <nil>
	// 404 {"message":"there is no picture \"p3\""} <nil>
}
