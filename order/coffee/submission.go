package coffee

import "time"

// maxMillis is the last millisecond of the year 9999.
const maxMillis = 253402300799999

// maxAttempts is more than Step Functions allows: https://states-language.net/spec.html#retrying-after-error
const maxAttempts = 1e8

// Submission is the input of a task of the Orchestrator's state machine.
type Submission struct {
	Order     Order     // with an OrderID
	RequestID string    // id of the request, for the log; may be empty
	Accepted  time.Time // when the request was accepted; zero if the input has no time
	// Execution is the name of the execution, which distinguishes attempts at the same order; may be empty.
	Execution string
	// Attempt is the number of previous attempts at the task in this execution.
	Attempt int
	// Caller is the caller's account; empty if the caller may place orders for any account.
	Caller string
}

// ParseSubmission parses the input of a task, {"orderid", "requestid", "accepted", "execution", "attempt", "caller", "body"}:
//
//   - orderid: the id assigned to the order, which is used if the order has none.
//   - requestid: the id of the request.
//   - accepted: when the request was accepted, in milliseconds since 1970. orderdate is compared with it as in ParseRequest.
//   - execution: the name of the execution.
//   - attempt: the number of previous attempts at the task.
//   - caller: the caller's account. It may be empty, and is not compared with the order's account.
//   - body: the body of POST /order, as a string. A task may have "order" instead: {...}, as the client sent it or in its canonical form.
//
// The error is an *InvalidOrder with all faults.
func ParseSubmission(input []byte) (Submission, error) {
	doc, err := decode(input)
	if err != nil {
		return Submission{}, err
	}
	r := newReader()
	fields := r.Object(doc, "body", "orderid", "requestid", "accepted", "execution", "attempt", "caller", "body", "order")
	if fields == nil {
		return Submission{}, r.err()
	}
	assigned := r.id(fields, "", "orderid", optional, MaxOrderID)
	s := Submission{RequestID: r.text(fields, "", "requestid", optional), Execution: r.text(fields, "", "execution", optional)}
	s.Attempt = int(r.Int(fields, "", "attempt", optional, 0, maxAttempts))
	if fields["caller"] != "" {
		s.Caller = r.id(fields, "", "caller", optional, MaxID)
	}
	if ms := r.Int(fields, "", "accepted", optional, 0, maxMillis); ms != 0 {
		s.Accepted = time.UnixMilli(ms).UTC()
		r.now = s.Accepted
	}
	request := fields
	if body, ok := r.String(fields, "", "body", optional); ok {
		if doc, err = decode([]byte(body)); err != nil {
			return Submission{}, err
		}
		request = r.Object(doc, "body", "order")
	}
	inner, found := r.Field(request, "", "order", required)
	if !found {
		return Submission{}, r.err()
	}
	// The order needs an id only if none was assigned.
	need := required
	if _, given := fields["orderid"]; given {
		need = optional
	}
	if s.Order, err = r.order(inner, "order", need); err != nil {
		return Submission{}, err
	}
	if s.Order.OrderID == "" {
		s.Order.OrderID = assigned
	}
	return s, nil
}
