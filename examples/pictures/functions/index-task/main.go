// Command index-task is the last task of a state machine, which makes a picture known.
//
// Input: a picture.Execution. Output: a picture.Done. Errors: PermanentError, which no other attempt can avoid; every other error is worth one.
// Environment: PICTURES_BUCKET, PICTURES_TABLE.
package main

import (
	"github.com/order-patterns/order-patterns/examples/pictures/picture"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	env := lambdaenv.Setup()
	tasks := picture.Tasks{Bucket: picture.BucketOf(env), Table: picture.TableOf(env)}
	env.Start(picture.Task("index picture", tasks.Index))
}
