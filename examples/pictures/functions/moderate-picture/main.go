// Command moderate-picture is the consumer of a queue that approves or refuses pictures. It decodes one image at a time.
//
// Environment: PICTURES_BUCKET, PICTURES_TABLE, QUEUE_URL, DEAD_LETTERS_URL.
package main

import (
	"github.com/order-patterns/order-patterns/examples/pictures/picture"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
	"github.com/order-patterns/order-patterns/handlers/kit/sqsbatch"
)

func main() {
	env := lambdaenv.Setup()
	work := picture.Work{Bucket: picture.BucketOf(env), Table: picture.TableOf(env)}
	env.Start(sqsbatch.New(env).Handler(1, picture.Consumer(work.Moderate)))
}
