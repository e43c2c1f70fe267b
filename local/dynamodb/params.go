package dynamodb

import (
	"slices"
	"strings"
)

// placeholders are what expressions may refer to.
type placeholders struct {
	ExpressionAttributeNames  map[string]string
	ExpressionAttributeValues Map
}

// conditional are the parameters of a write with a condition.
type conditional struct {
	placeholders
	ConditionExpression                 *string
	ReturnValuesOnConditionCheckFailure string
}

// reporting are the parameters that ask for more than the result.
type reporting struct {
	ReturnConsumedCapacity string
	// ReturnItemCollectionMetrics may be given; only tables with local secondary indexes have any.
	ReturnItemCollectionMetrics string
}

func (r reporting) check() error {
	if err := enum("returnConsumedCapacity", r.ReturnConsumedCapacity, "INDEXES", "TOTAL", "NONE"); err != nil {
		return err
	}
	return enum("returnItemCollectionMetrics", r.ReturnItemCollectionMetrics, "SIZE", "NONE")
}

// enum refuses a value that is not allowed; none given is.
func enum(field, value string, allowed ...string) error {
	if value == "" || slices.Contains(allowed, value) {
		return nil
	}
	return invalid("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must satisfy enum value set: [%s]",
		value, field, strings.Join(allowed, ", "))
}

func missing(field string) error {
	return invalid("1 validation error detected: Value null at '%s' failed to satisfy constraint: Member must not be null", field)
}

// capacity is what an operation consumed of one table.
type capacity struct {
	TableName          string
	CapacityUnits      float64
	ReadCapacityUnits  float64    `json:",omitzero"` // transactions only
	WriteCapacityUnits float64    `json:",omitzero"`
	Table              *tableOnly `json:",omitempty"`
}

type tableOnly struct{ CapacityUnits float64 }

// consumed reports units, as far as the caller asked.
func (r reporting) consumed(t *table, units float64) *capacity {
	switch r.ReturnConsumedCapacity {
	case "TOTAL":
		return &capacity{TableName: t.name, CapacityUnits: units}
	case "INDEXES":
		return &capacity{TableName: t.name, CapacityUnits: units, Table: &tableOnly{units}}
	}
	return nil
}

// bill adds up what an operation consumed of several tables, in the order of their first use.
type bill struct {
	tables []*table
	units  []float64
}

func (b *bill) add(t *table, units float64) {
	i := slices.Index(b.tables, t)
	if i < 0 {
		b.tables, b.units = append(b.tables, t), append(b.units, units)
		return
	}
	b.units[i] += units
}

func (b *bill) consumed(r reporting) []capacity {
	var all []capacity
	for i, t := range b.tables {
		if c := r.consumed(t, b.units[i]); c != nil {
			all = append(all, *c)
		}
	}
	return all
}
