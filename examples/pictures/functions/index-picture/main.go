// Command index-picture is the consumer of a queue that writes what pictures are about, so that the newest submission of each stays.
//
// Environment: PICTURES_TABLE, QUEUE_URL, DEAD_LETTERS_URL.
package main

import (
	"github.com/order-patterns/order-patterns/examples/pictures/picture"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
	"github.com/order-patterns/order-patterns/handlers/kit/sqsbatch"
)

func main() {
	env := lambdaenv.Setup()
	work := picture.Work{Table: picture.TableOf(env)}
	env.Start(sqsbatch.New(env).Handler(10, picture.Consumer(work.Index)))
}
