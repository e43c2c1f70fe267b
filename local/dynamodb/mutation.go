package dynamodb

import "time"

type mutationKind int

const (
	putItem mutationKind = iota
	updateItem
	deleteItem
	checkItem
)

// mutation is one conditional write, or the check of a condition, of one item. It is first prepared and then
// committed, both under the lock of its table, so that several make a transaction.
type mutation struct {
	kind      mutationKind
	table     *table
	at        position
	key       Map // of an update, what an absent item starts as
	update    update
	condition *node
	showOld   bool // a failed condition shows the item

	// old is the item before and after the item once prepared; their item is nil if there is none.
	old, after row
}

// prepare checks the condition and computes what the item becomes.
func (m *mutation) prepare() error {
	m.old, _ = m.table.rows.Get(row{position: m.at})
	if !m.condition.holds(m.old.item) {
		if m.showOld {
			return conditionFailed(m.old.item)
		}
		return conditionFailed(nil)
	}
	switch m.kind {
	case checkItem:
		m.after = m.old
	case updateItem:
		base := m.old.item
		if base == nil {
			base = m.key
		}
		item, err := m.update.apply(base)
		if err != nil {
			return err
		}
		m.after = row{position: m.at, item: item, size: itemSize(item)}
		if m.after.size > maxItemSize {
			return invalid("Item size to update has exceeded the maximum allowed size")
		}
	}
	return nil
}

// commit stores what prepare computed.
func (m *mutation) commit() {
	if m.kind != checkItem {
		m.table.set(m.after)
	}
}

// units is what a prepared mutation costs.
func (m *mutation) units() float64 { return writeUnits(m.old.size, m.after.size) }

// run prepares and commits the mutation by itself.
func (m *mutation) run(now time.Time) error {
	m.table.mu.Lock()
	defer m.table.mu.Unlock()
	failed := m.prepare()
	// A write whose condition failed costs as much as one that succeeds.
	if (failed == nil || code(failed) == "ConditionalCheckFailedException") && !m.table.consume(&m.table.writes, now, m.units()) {
		return Throttled()
	}
	if failed == nil {
		m.commit()
	}
	return failed
}
