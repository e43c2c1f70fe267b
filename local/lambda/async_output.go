package lambda

import (
	"net/http"

	"github.com/order-patterns/order-patterns/local/wire"
)

type eventInvokeConfigOutput struct {
	FunctionARN              string  `json:"FunctionArn"`
	LastModified             float64 // seconds since the epoch
	MaximumRetryAttempts     int
	MaximumEventAgeInSeconds *int `json:",omitempty"`
	DestinationConfig        struct{ OnSuccess, OnFailure destinationMember }
}

type destinationMember struct {
	Destination string `json:",omitempty"`
}

func (set *eventSettings) output(f *function) *eventInvokeConfigOutput {
	out := &eventInvokeConfigOutput{
		FunctionARN: f.arn() + ":" + latest, LastModified: float64(set.modified.UnixMilli()) / 1000,
		MaximumRetryAttempts: set.retries, MaximumEventAgeInSeconds: set.args.MaximumEventAgeInSeconds,
	}
	out.DestinationConfig.OnSuccess.Destination, out.DestinationConfig.OnFailure.Destination = set.onSuccess, set.onFailure
	return out
}

func (s *Service) getEventInvokeConfig(c *wire.Call) (*eventInvokeConfigOutput, error) {
	f, err := s.open(c, "lambda:GetFunctionEventInvokeConfig")
	if err != nil {
		return nil, err
	}
	set := f.events.Load()
	if set == nil {
		return nil, wire.Errorf(http.StatusNotFound, "ResourceNotFoundException", "The function %s:%s doesn't have an EventInvokeConfig", f.arn(), latest)
	}
	return set.output(f), nil
}

type listEventInvokeConfigsOutput struct {
	FunctionEventInvokeConfigs []*eventInvokeConfigOutput
}

func (s *Service) listEventInvokeConfigs(c *wire.Call) (*listEventInvokeConfigsOutput, error) {
	f, err := s.open(c, "lambda:ListFunctionEventInvokeConfigs", "MaxItems")
	if err != nil {
		return nil, err
	}
	out := &listEventInvokeConfigsOutput{FunctionEventInvokeConfigs: []*eventInvokeConfigOutput{}}
	if set := f.events.Load(); set != nil {
		out.FunctionEventInvokeConfigs = append(out.FunctionEventInvokeConfigs, set.output(f))
	}
	return out, nil
}
