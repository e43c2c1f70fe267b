package console

// liveRecords counts the records that were seen.
func (c *Console) liveRecords() any {
	return struct {
		Done   int `json:"done"`
		Failed int `json:"failed"`
	}{}
}
