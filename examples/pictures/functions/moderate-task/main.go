// Command moderate-task is the task of a state machine that stops at a picture that is refused, by PermanentError.
//
// Input and output: a picture.Job. Errors: PermanentError, which no other attempt can avoid; every other error is worth one.
// Environment: BUCKET_NAME, TABLE_NAME.
package main

import (
	"github.com/order-patterns/order-patterns/examples/pictures/picture"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	env := lambdaenv.Setup()
	work := picture.Work{Bucket: picture.BucketOf(env), Table: picture.TableOf(env)}
	env.Start(picture.Task("moderate picture", work.Approve))
}
