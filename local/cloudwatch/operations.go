package cloudwatch

import (
	"maps"
	"slices"
)

type dimension struct{ Name, Value string }

// dimensionsOut returns dimensions by name.
func dimensionsOut(dimensions map[string]string) []dimension {
	var list []dimension
	for _, name := range slices.Sorted(maps.Keys(dimensions)) {
		list = append(list, dimension{name, dimensions[name]})
	}
	return list
}
