package console

// liveFaults are the injected faults that are in force.
func (c *Console) liveFaults() any { return []struct{}{} }
