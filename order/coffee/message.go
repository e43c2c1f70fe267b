package coffee

import "time"

// Message is an order event on its way through the FanOut pattern: the order in its canonical form, and beside its fields
// "accepted", when it was accepted. Repeating a request gives another message of the same order.
type Message struct {
	Order    Order
	Accepted time.Time // UTC, whole microseconds; zero in a message that does not say
}

// JSON encodes the message.
func (m Message) JSON() ([]byte, error) {
	c := m.Order.canonical()
	if !m.Accepted.IsZero() {
		c.Accepted = FormatDate(m.Accepted.Truncate(time.Microsecond))
	}
	return c.encode()
}

// ParseMessage parses what Message.JSON encodes. It does not compare orderdate with a clock again. The error is an
// *InvalidOrder with every fault.
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
