// Command moderate-task is the task of a state machine that stops at a picture that is refused, by PermanentError.
//
// Input: a picture.Execution. Output: a picture.Verdict. Errors: PermanentError, which no other attempt can avoid; every other error is worth one.
// Environment: PICTURES_BUCKET.
package main

import (
	"github.com/order-patterns/order-patterns/examples/pictures/picture"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	env := lambdaenv.Setup()
	tasks := picture.Tasks{Bucket: picture.BucketOf(env)}
	env.Start(picture.Task("moderate picture", tasks.Moderate))
}
