package sqs

import (
	"errors"
	"fmt"
	"slices"

	"github.com/order-patterns/order-patterns/local/internal/strictjson"
)

// redrivePolicy is the RedrivePolicy of a source queue.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
type redrivePolicy struct {
	Target          string `json:"deadLetterTargetArn"`
	MaxReceiveCount int    `json:"maxReceiveCount"`
}

func parseRedrive(text string) (*redrivePolicy, error) {
	r := redrivePolicy{MaxReceiveCount: 10}
	if err := decode(text, &r); err != nil {
		return nil, err
	}
	if r.Target == "" {
		return nil, errors.New("deadLetterTargetArn is required")
	}
	if r.MaxReceiveCount < 1 || r.MaxReceiveCount > 1000 {
		return nil, fmt.Errorf("maxReceiveCount must be from 1 to 1000, got %d", r.MaxReceiveCount)
	}
	return &r, nil
}

// redriveAllowPolicy is the RedriveAllowPolicy of a dead-letter queue: which source queues it accepts.
type redriveAllowPolicy struct {
	Permission string   `json:"redrivePermission"`
	Sources    []string `json:"sourceQueueArns"`
}

func parseAllow(text string) (*redriveAllowPolicy, error) {
	var p redriveAllowPolicy
	if err := decode(text, &p); err != nil {
		return nil, err
	}
	byQueue := p.Permission == "byQueue"
	switch {
	case !byQueue && p.Permission != "allowAll" && p.Permission != "denyAll":
		return nil, fmt.Errorf("redrivePermission must be allowAll, denyAll or byQueue, got %q", p.Permission)
	case byQueue != (len(p.Sources) > 0) || len(p.Sources) > 10:
		return nil, errors.New("sourceQueueArns must have 1 to 10 ARNs if redrivePermission is byQueue, and else be absent")
	}
	return &p, nil
}

func (p *redriveAllowPolicy) allows(source string) bool {
	return p == nil || p.Permission == "allowAll" || p.Permission == "byQueue" && slices.Contains(p.Sources, source)
}

func decode(text string, v any) error {
	if err := strictjson.Decode(text, v); err != nil {
		return fmt.Errorf("not valid JSON of this policy: %w", err)
	}
	return nil
}

// redrivesTo reports whether the dead-letter queue of q has this ARN.
func (q *queue) redrivesTo(arn string) bool {
	r := q.settings.Load().redrive
	return r != nil && r.Target == arn
}
