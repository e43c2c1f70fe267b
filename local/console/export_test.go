package console

import "context"

// NewSampler returns a function that reads what happens once.
func (c *Console) NewSampler() func(context.Context) (*Live, error) { return c.newSampler().sample }
