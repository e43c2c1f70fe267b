// Command function is each task of the tests in the folder above. It answers {"task"}, its own name, unless the body of the request
// names it in "fails": then it fails with the error that is named there.
//
// Environment: TASK, its name.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
)

type event struct {
	Input struct {
		Body struct {
			Fails map[string]string `json:"fails"` // errors by task
		} `json:"body"`
	} `json:"input"`
}

// main is the loop of a custom runtime: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
func main() {
	api := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	for {
		if err := serve(api); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

func serve(api string) error {
	next, err := http.Get(api + "next")
	if err != nil {
		return err
	}
	defer next.Body.Close()
	payload, err := io.ReadAll(next.Body)
	if err != nil {
		return err
	}
	var e event
	if err := json.Unmarshal(payload, &e); err != nil {
		return err
	}
	task := os.Getenv("TASK")
	path, answer := "/response", map[string]any{"task": task}
	if name := e.Input.Body.Fails[task]; name != "" {
		path, answer = "/error", map[string]any{"errorType": name, "errorMessage": task + " failed"}
	}
	text, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	done, err := http.Post(api+next.Header.Get("Lambda-Runtime-Aws-Request-Id")+path, "application/json", bytes.NewReader(text))
	if err != nil {
		return err
	}
	return done.Body.Close()
}
