package dynamodb

const (
	// maxItemSize is the largest item, names included.
	maxItemSize = 400 << 10
	// maxPageSize is how much a Query or Scan reads at a time.
	maxPageSize = 1 << 20
)

// size is what the value adds to the size of its item, in bytes.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
func size(v Value) int {
	switch v := v.(type) {
	case String:
		return len(v)
	case Binary:
		return len(v)
	case Number: // one byte for two significant digits, and one more
		_, digits, _ := v.parts()
		return (len(digits)+1)/2 + 1
	case List:
		total := 3
		for _, e := range v {
			total += 1 + size(e)
		}
		return total
	case Map:
		return 3 + len(v) + itemSize(v)
	}
	return 1 // BOOL and NULL
}

// itemSize is the size of an item: its attributes' names and values.
func itemSize(item Map) int {
	total := 0
	for name, v := range item {
		total += len(name) + size(v)
	}
	return total
}

// units rounds a size up to whole capacity units of the given size; nothing read or written costs one.
func units(size, unit int) float64 {
	return float64(max(1, (size+unit-1)/unit))
}

// writeUnits is the cost of a write: the larger of the item before and after counts.
func writeUnits(before, after int) float64 { return units(max(before, after), 1<<10) }

// readUnits is the cost of reading size bytes: half as much if eventually consistent.
func readUnits(size int, consistent bool) float64 {
	if consistent {
		return units(size, 4<<10)
	}
	return units(size, 4<<10) / 2
}
