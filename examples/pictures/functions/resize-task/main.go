// Command resize-task is the first task of a state machine, which copies the original of a picture, and makes its thumbnail.
//
// Input: a picture.Execution. Output: picture.Images. Errors: PermanentError, which no other attempt can avoid; every other error is worth one.
// Environment: PICTURES_BUCKET.
package main

import (
	"github.com/order-patterns/order-patterns/examples/pictures/picture"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	env := lambdaenv.Setup()
	tasks := picture.Tasks{Bucket: picture.BucketOf(env)}
	env.Start(picture.Task("resize picture", tasks.Resize))
}
