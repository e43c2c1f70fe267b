// Command index-task is the task of a state machine that writes what a picture is about.
//
// Input: a picture.Execution. Output: a picture.Done. Errors: PermanentError, which no other attempt can avoid; every other error is worth one.
// Environment: PICTURES_TABLE.
package main

import (
	"github.com/order-patterns/order-patterns/examples/pictures/picture"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	env := lambdaenv.Setup()
	work := picture.Work{Table: picture.TableOf(env)}
	env.Start(picture.Task("index picture", work.Index))
}
