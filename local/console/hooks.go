package console

// liveFaults are the injected faults that are in force.
func (c *Console) liveFaults() any { return []struct{}{} }

// liveRecords counts the records that were seen.
func (c *Console) liveRecords() any {
	return struct {
		Done   int `json:"done"`
		Failed int `json:"failed"`
	}{}
}
