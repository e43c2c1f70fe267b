// Command resize-task is the task of a state machine that makes the thumbnail of a picture.
//
// Input: a picture.Execution. Output: a picture.Thumbnail. Errors: PermanentError, which no other attempt can avoid; every other error is worth one.
// Environment: PICTURES_BUCKET, PICTURES_TABLE.
package main

import (
	"github.com/order-patterns/order-patterns/examples/pictures/picture"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	env := lambdaenv.Setup()
	work := picture.Work{Bucket: picture.BucketOf(env), Table: picture.TableOf(env)}
	env.Start(picture.Task("resize picture", work.Resize))
}
