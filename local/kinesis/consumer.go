package kinesis

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
)

// maxConsumers is the limit of registered consumers of a stream.
const maxConsumers = 20

// consumer is a registered consumer of a stream, with enhanced fan-out.
type consumer struct {
	stream    *stream
	name, arn string
	created   time.Time
}

var validName = regexp.MustCompile(`^[a-zA-Z0-9_.-]{1,128}$`) // of streams and consumers

// register adds a consumer, which is ACTIVE at once.
func (st *stream) register(name string, now time.Time) (*consumer, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	switch {
	case st.gone:
		return nil, errNoStream(st.name)
	case st.consumers[name] != nil:
		return nil, refuse("ResourceInUseException", "Consumer %s of stream %s already exists.", name, st.name)
	case len(st.consumers) == maxConsumers:
		return nil, refuse("LimitExceededException", "Stream %s already has the maximum of %d consumers.", st.name, maxConsumers)
	}
	c := &consumer{st, name, fmt.Sprintf("%s/consumer/%s:%d", st.arn, name, now.Unix()), now}
	st.consumers[name] = c
	return c, nil
}

func (st *stream) deregister(name string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	delete(st.consumers, name)
}

// consumerAt finds a consumer by its ARN: STREAM-ARN/consumer/NAME:SECONDS.
func (s *Service) consumerAt(arn string) (*consumer, error) {
	streamARN, rest, _ := strings.Cut(arn, "/consumer/")
	name, _, _ := strings.Cut(rest, ":")
	st, err := s.streamAt(streamARN)
	if err != nil {
		return nil, err
	}
	st.mu.RLock()
	defer st.mu.RUnlock()
	if c := st.consumers[name]; c != nil && c.arn == arn {
		return c, nil
	}
	return nil, refuse("ResourceNotFoundException", "Consumer %s under account %s not found.", arn, account.ID)
}
