package dynamodb

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tidwall/btree"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/guess"
)

// row is one stored item. The item is never changed in place.
type row struct {
	position
	item Map
	size int
}

// table keeps the items of one table in one ordered tree, so that Get, Query and Scan are all searches in it.
type table struct {
	account       *account.Account
	name, arn, id string
	schema        schema
	created       time.Time

	expiryDue atomic.Int64 // when to look for expired items next, in Unix seconds

	mu            sync.RWMutex
	rows          *btree.BTreeG[row]
	bytes         int
	args          TableArgs // as last configured
	reads, writes capacity
}

func newTable(a *account.Account, name, arn, id string, s schema) *table {
	return &table{
		account: a, name: name, arn: arn, id: id, schema: s, created: a.Clock.Now(),
		rows: btree.NewBTreeGOptions(func(a, b row) bool { return a.compare(b.position) < 0 }, btree.Options{NoLocks: true}),
	}
}

func (t *table) configure(args *TableArgs) {
	t.mu.Lock()
	defer t.mu.Unlock()
	reads, writes := args.ReadCapacity, args.WriteCapacity
	if !args.provisioned() {
		reads, writes = nil, nil
	}
	t.reads.provision(t.args.ReadCapacity, reads)
	t.writes.provision(t.args.WriteCapacity, writes)
	t.args = *args
	t.expiryDue.Store(math.MaxInt64)
	if args.ttlAttribute() != "" {
		t.expiryDue.Store(0)
	}
}

// resize changes the units of a provisioned table. It returns false for a table that is on demand.
func (t *table) resize(reads, writes int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.args.provisioned() {
		return false
	}
	now := t.account.Clock.Now()
	t.reads.resize(now, reads)
	t.writes.resize(now, writes)
	return true
}

// describe returns the settings, with the capacity as it is now, the number of items and their size in bytes.
func (t *table) describe() (args *TableArgs, items, bytes int) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	copied := t.args
	if copied.provisioned() {
		reads, writes := t.reads.units(), t.writes.units()
		copied.ReadCapacity, copied.WriteCapacity = &reads, &writes
	}
	return &copied, t.rows.Len(), t.bytes
}

// get returns the item at a position; nil if there is none. The caller holds no lock.
func (t *table) get(at position) row {
	t.mu.RLock()
	defer t.mu.RUnlock()
	found, _ := t.rows.Get(row{position: at})
	return found
}

// set stores an item, or removes what is there if item is nil. The caller holds t.mu.
func (t *table) set(r row) {
	var before row
	if r.item == nil {
		before, _ = t.rows.Delete(r)
	} else {
		before, _ = t.rows.Set(r)
	}
	t.bytes += r.size - before.size
}

// chargeRead takes units for a reader, who holds no lock.
func (t *table) chargeRead(now time.Time, units float64) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.consume(&t.reads, now, units)
}

// lockAll locks the tables, each once and in order of their names so that two transactions cannot wait for
// each other, and returns the function that unlocks them.
func lockAll(tables []*table) (unlock func()) {
	tables = slices.Clone(tables)
	slices.SortFunc(tables, func(a, b *table) int { return strings.Compare(a.name+a.id, b.name+b.id) })
	tables = slices.Compact(tables)
	for _, t := range tables {
		t.mu.Lock()
	}
	return func() {
		for _, t := range tables {
			t.mu.Unlock()
		}
	}
}

const (
	// expiryLag is how long an expired item can still be read.
	expiryLag = 48 * time.Hour
	// expiryLimit is how long ago an item may have expired and still be deleted, a guard against values that
	// are no times in seconds.
	expiryLimit = 5 * 365 * 24 * time.Hour
	sweepEvery  = time.Minute
)

// expire deletes the items whose time has come. It runs before operations on the table, at most once a
// minute, and returns at once if the table has no TTL attribute.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
func (t *table) expire(a *account.Account) {
	now := a.Clock.Now()
	due := t.expiryDue.Load()
	if now.Unix() < due || !t.expiryDue.CompareAndSwap(due, now.Add(sweepEvery).Unix()) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	attribute, lag := t.args.ttlAttribute(), expiryLag
	if a.Guesses.Other(guess.ExpiryLag) {
		lag = 0
	}
	var gone []row
	t.rows.Scan(func(r row) bool {
		if expired(r.item[attribute], now, lag) {
			gone = append(gone, r)
		}
		return true
	})
	for _, r := range gone {
		t.set(row{position: r.position})
	}
}

func expired(v Value, now time.Time, lag time.Duration) bool {
	n, ok := v.(Number)
	if !ok {
		return false
	}
	seconds, _ := strconv.ParseFloat(string(n), 64) // a Number is one
	age := float64(now.UnixMilli())/1000 - math.Floor(seconds)
	return age >= lag.Seconds() && age <= expiryLimit.Seconds()
}
