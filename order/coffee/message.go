package coffee

import "time"

// Message is an order event in the FanOut pattern: the order in its canonical form, with the additional field "accepted", the time at which
// it was accepted. A repeated request gives another message of the same order.
type Message struct {
	Order    Order
	Accepted time.Time // UTC, whole microseconds; zero if the message has no time
}

// JSON encodes the message.
func (m Message) JSON() ([]byte, error) {
	c := m.Order.canonical()
	if !m.Accepted.IsZero() {
		c.Accepted = FormatDate(m.Accepted.Truncate(time.Microsecond))
	}
	return c.encode()
}

// ParseMessage parses what Message.JSON encodes. It does not compare orderdate with a clock. The error is an *InvalidOrder with all faults.
func ParseMessage(body []byte) (Message, error) {
	doc, err := decode(body)
	if err != nil {
		return Message{}, err
	}
	r, m := newReader(), Message{}
	if fields, ok := doc.(map[string]any); ok {
		m.Accepted, _ = r.date(fields, "", "accepted", optional)
		delete(fields, "accepted")
	}
	if m.Order, err = r.order(doc, "", required); err != nil {
		return Message{}, err
	}
	return m, nil
}
