package kinesis

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/wire"
)

// maxConsumers is how many may be registered with a stream.
const maxConsumers = 20

// consumer is a registered consumer of a stream, with enhanced fan-out.
type consumer struct {
	name, arn string
	created   time.Time
}

var validName = regexp.MustCompile(`^[a-zA-Z0-9_.-]{1,128}$`)

// register adds a consumer, which is ACTIVE at once.
func (st *stream) register(name string, now time.Time) (*consumer, error) {
	if !validName.MatchString(name) {
		return nil, outside(name, "consumerName", "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+, and have a length from 1 to 128")
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	switch {
	case st.gone:
		return nil, errNoStream(st.name)
	case st.consumers[name] != nil:
		return nil, refuse("ResourceInUseException", "Consumer %s under stream %s already exists for account %s.", name, st.name, account.ID)
	case len(st.consumers) == maxConsumers:
		return nil, refuse("LimitExceededException", "Stream %s under account %s already has the maximum of %d consumers.", st.name, account.ID, maxConsumers)
	}
	c := &consumer{name, fmt.Sprintf("%s/consumer/%s:%d", st.arn, name, now.Unix()), now}
	st.consumers[name] = c
	return c, nil
}

func (st *stream) deregister(name string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	delete(st.consumers, name)
}

type consumerDescription struct {
	ConsumerName, ConsumerARN, ConsumerStatus string
	ConsumerCreationTimestamp                 float64
	StreamARN                                 string `json:",omitempty"` // of DescribeStreamConsumer only
}

func (c *consumer) describe() consumerDescription {
	return consumerDescription{ConsumerName: c.name, ConsumerARN: c.arn, ConsumerStatus: "ACTIVE", ConsumerCreationTimestamp: seconds(c.created)}
}

type registerInput struct{ StreamARN, ConsumerName string }

type registerOutput struct{ Consumer consumerDescription }

func (s *Service) registerConsumer(c *wire.Call, in *registerInput) (*registerOutput, error) {
	st, err := s.enter(c, "RegisterStreamConsumer", streamInput{StreamARN: in.StreamARN})
	if err != nil {
		return nil, err
	}
	made, err := st.register(in.ConsumerName, s.account.Clock.Now())
	if err != nil {
		return nil, err
	}
	return &registerOutput{made.describe()}, nil
}

// consumerInput names a consumer by its own ARN, or by its stream's and its name.
type consumerInput struct{ StreamARN, ConsumerARN, ConsumerName string }

// enterConsumer finds a consumer and authorizes an action on it.
func (s *Service) enterConsumer(c *wire.Call, action string, in *consumerInput) (*stream, *consumer, error) {
	arn := in.ConsumerARN
	if arn == "" {
		if in.StreamARN == "" || in.ConsumerName == "" {
			return nil, nil, invalid("Either ConsumerARN, or both StreamARN and ConsumerName, should be provided.")
		}
		arn = in.StreamARN + "/consumer/" + in.ConsumerName
		if st, err := s.streamAt(in.StreamARN); err == nil {
			st.mu.RLock()
			if known := st.consumers[in.ConsumerName]; known != nil {
				arn = known.arn
			}
			st.mu.RUnlock()
		}
	}
	if err := c.Authorize("kinesis:"+action, arn); err != nil {
		return nil, nil, err
	}
	return s.consumerAt(arn)
}

type describeConsumerOutput struct{ ConsumerDescription consumerDescription }

func (s *Service) describeConsumer(c *wire.Call, in *consumerInput) (*describeConsumerOutput, error) {
	st, known, err := s.enterConsumer(c, "DescribeStreamConsumer", in)
	if err != nil {
		return nil, err
	}
	d := known.describe()
	d.StreamARN = st.arn
	return &describeConsumerOutput{d}, nil
}

func (s *Service) deregisterConsumer(c *wire.Call, in *consumerInput) (*struct{}, error) {
	st, known, err := s.enterConsumer(c, "DeregisterStreamConsumer", in)
	if err != nil {
		return nil, err
	}
	st.deregister(known.name)
	return &struct{}{}, nil
}

type listConsumersInput struct {
	StreamARN  string
	MaxResults *int
	NextToken  string
}

type listConsumersOutput struct {
	Consumers []consumerDescription
	NextToken string `json:",omitempty"`
}

// listConsumers lists them by name. The token is the last name of the page before, sealed.
func (s *Service) listConsumers(c *wire.Call, in *listConsumersInput) (*listConsumersOutput, error) {
	st, err := s.enter(c, "ListStreamConsumers", streamInput{StreamARN: in.StreamARN})
	if err != nil {
		return nil, err
	}
	limit, err := between(in.MaxResults, "maxResults", 100, 1, 10_000)
	if err != nil {
		return nil, err
	}
	now, last := s.account.Clock.Now(), ""
	if in.NextToken != "" {
		fields, err := s.resume("consumers", in.NextToken, now)
		if err != nil {
			return nil, err
		}
		last = fields[0]
	}
	st.mu.RLock()
	defer st.mu.RUnlock()
	out := &listConsumersOutput{Consumers: []consumerDescription{}}
	for _, name := range slices.Sorted(maps.Keys(st.consumers)) {
		if name <= last {
			continue
		}
		if len(out.Consumers) == limit {
			out.NextToken = s.seal("consumers", millis(now), out.Consumers[limit-1].ConsumerName)
			break
		}
		out.Consumers = append(out.Consumers, st.consumers[name].describe())
	}
	return out, nil
}

// resume opens the token of a list: its time, then what it returns.
func (s *Service) resume(kind, token string, now time.Time) ([]string, error) {
	fields, ok := s.unseal(kind, token)
	if !ok {
		return nil, invalid("The NextToken is invalid.")
	}
	if tooOld(fromMillis(fields[0]), now) {
		return nil, refuse("ExpiredNextTokenException", "The NextToken has expired: it could be used for 300 seconds.")
	}
	return fields[1:], nil
}
