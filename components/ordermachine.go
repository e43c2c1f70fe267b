package components

// orderMachineArgs are what differs between the machines for Orders.
type orderMachineArgs struct {
	machineTargets
	storeOrder, writeInvoice, takeBackOrder string // function ARNs
	taskTimeoutSeconds                      int    // of one attempt at a task
	callers                                 bool   // whether the input names the caller, unless the caller may act for any account
}

// tasksInARow is the largest number of tasks that an execution runs one after another before it moves its input to the failure queue.
const tasksInARow = 3

// permanent are the errors of functions after which a retry cannot succeed: the order is not valid, it belongs to another account than the
// caller's, or the table or the bucket refuses the request whoever sends it. They also mean that nothing was written.
var permanent = []string{"InvalidOrder", "NotAllowed", "StoreRefused", "InvoiceRefused"}

// orderMachine stores an order, writes its invoice, publishes a notification, and succeeds. The input is {"orderid", "requestid",
// "accepted", "body"}, and "caller" where tokens are verified; see [Execution].
//
// The function that stores the order validates all of it. The order is removed again if the invoice cannot be written, or if it is unknown
// whether the order was stored. When a task fails for good, the input is moved to the failure queue, and the execution fails with the
// task's error. If the notification cannot be published, the order stays, and the output says so.
func orderMachine(a orderMachineArgs) machine {
	task := longRetry
	if a.express {
		task = shortRetry(expressShare(tasksInARow), a.taskTimeoutSeconds)
	}
	// invoke runs a function with the execution's input. The name of the execution identifies retries of the same order to the function.
	// With the number of retries, the function counts an order once.
	invoke := func(function string) state {
		return state{
			Type: "Task", Resource: a.integration("lambda:invoke"), TimeoutSeconds: a.taskTimeoutSeconds,
			Parameters: map[string]any{
				"FunctionName": function,
				"Payload": map[string]any{
					"orderid.$": "$.orderid", "requestid.$": "$.requestid", "accepted.$": "$.accepted", "body.$": "$.body",
					"execution.$": "$$.Execution.Name", "attempt.$": "$$.State.RetryCount",
				},
			},
			Retry: retry(permanent, task),
		}
	}

	store := invoke(a.storeOrder)
	if a.callers {
		// The function gets the whole input, because a path to a caller that does not exist would fail the execution.
		// https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
		store.Parameters = map[string]any{"FunctionName": a.storeOrder, "Payload.$": `States.JsonMerge($$.Execution.Input, ` +
			`States.StringToJson(States.Format('\{"execution":"{}","attempt":{}\}', $$.Execution.Name, $$.State.RetryCount)), false)`}
	}
	store.ResultSelector = map[string]any{"order.$": "$.Payload.order", "stored.$": "$.Payload.stored"}
	store.ResultPath, store.Next = "$.store", "WhatHappened"
	// After any other error it is unknown whether the order was stored.
	store.Catch = []catcher{{ErrorEquals: permanent, ResultPath: "$.failure", Next: "MoveToFailureQueue"}, catchAll("$.failure", "TakeBackOrder")}

	invoice := invoke(a.writeInvoice)
	invoice.ResultSelector = map[string]any{"invoiceid.$": "$.Payload.invoiceid", "key.$": "$.Payload.key"}
	invoice.ResultPath, invoice.Next = "$.invoice", "Notify"
	invoice.Catch = []catcher{catchAll("$.failure", "TakeBackOrder")}

	// The function refuses to remove a completed order. An error here does not replace the error of the task.
	back := invoke(a.takeBackOrder)
	back.ResultSelector = map[string]any{"takenback.$": "$.Payload.takenback"}
	back.ResultPath, back.Next = "$.takeback", "MoveToFailureQueue"
	back.Catch = []catcher{catchAll("$.takeback", "MoveToFailureQueue")}

	m := machine{
		Comment: "Places an order, or completes it",
		StartAt: "StoreOrder",
		States: map[string]state{
			"StoreOrder": store,
			"WhatHappened": {
				Type:    "Choice",
				Choices: []choice{{Variable: "$.store.order.eventtype[0]", StringEquals: "order_completed", Next: "OrderCompleted"}},
				Default: "WriteInvoice",
			},
			"OrderCompleted":     {Type: "Succeed"},
			"WriteInvoice":       invoice,
			"TakeBackOrder":      back,
			"MoveToFailureQueue": a.move(a.taskTimeoutSeconds, "OrderFailed", nil),
			"OrderFailed":        failed(),
			"Notify": a.notify(a.taskTimeoutSeconds, task, map[string]any{
				"Message": map[string]any{"order.$": "$.store.order", "invoiceid.$": "$.invoice.invoiceid"},
			}, "OrderPlaced", "NotificationFailed"),
			"NotificationFailed": {
				Type: "Pass", Comment: "The order stands. The error is in the output and in the log.", Next: "OrderPlaced",
			},
			"OrderPlaced": {Type: "Succeed"},
		},
	}
	// If the machine timed out between two tasks, an order could stay without its invoice. So the timeout is longer than all tasks.
	m.TimeoutSeconds = expressSeconds
	if !a.express {
		m.TimeoutSeconds = (tasksInARow+1)*store.longest() + standardMaxDelay
	}
	return m
}
