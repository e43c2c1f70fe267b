package invoice

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/order-patterns/order-patterns/order/coffee"
)

const (
	prefix = "invoices/"
	suffix = ".json"
	// lastVersion is the version of the last microsecond of the year 9999, the maximum of an order date.
	lastVersion = 253402300799999999
)

// AccountPrefix is the common prefix of the keys of an account's invoices. No other key has it.
func AccountPrefix(accountID string) string { return prefix + accountID + "/" }

// Key returns the key of the invoice d of order o.
func Key(o coffee.Order, d Document) string {
	return fmt.Sprintf("%s%018d/%s/%s/%s%s", AccountPrefix(o.AccountID), lastVersion-o.Version(), o.VendorID, o.OrderID, d.InvoiceID, suffix)
}

// keyParts has the parts of a key.
type keyParts struct {
	key, rev, vendorID, orderID, invoiceID string
}

// parseKey parses a key below the account's prefix. ok is false for an object that is not an invoice.
func parseKey(key, accountID string) (p keyParts, ok bool) {
	rest, ok := strings.CutPrefix(key, AccountPrefix(accountID))
	if !ok {
		return keyParts{}, false
	}
	rest, ok = strings.CutSuffix(rest, suffix)
	fields := strings.Split(rest, "/")
	if !ok || len(fields) != 4 {
		return keyParts{}, false
	}
	return keyParts{key: key, rev: fields[0], vendorID: fields[1], orderID: fields[2], invoiceID: fields[3]}, true
}

// outranks reports whether p is the later one of two invoices with the same time: the one whose order the table keeps (see package store).
func (p keyParts) outranks(q keyParts) bool {
	return cmp.Or(
		strings.Compare(p.orderID+"#"+p.invoiceID, q.orderID+"#"+q.invoiceID),
		strings.Compare(p.vendorID, q.vendorID),
	) > 0
}
