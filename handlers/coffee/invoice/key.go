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
	// lastVersion is the version of the last microsecond of the year 9999, the last that an order date can have.
	lastVersion = 253402300799999999
)

// AccountPrefix is what the keys of all of an account's invoices begin with, and no other account's.
func AccountPrefix(accountID string) string { return prefix + accountID + "/" }

// Key is where the invoice d of order o lies.
func Key(o coffee.Order, d Document) string {
	return fmt.Sprintf("%s%018d/%s/%s/%s%s", AccountPrefix(o.AccountID), lastVersion-o.Version(), o.VendorID, o.OrderID, d.InvoiceID, suffix)
}

// parts is a key taken apart.
type parts struct {
	key, rev, vendorID, orderID, invoiceID string
}

// parseKey takes a key below the account's prefix apart. Objects that are no invoices are not ok.
func parseKey(key, accountID string) (p parts, ok bool) {
	rest, ok := strings.CutPrefix(key, AccountPrefix(accountID))
	if !ok {
		return parts{}, false
	}
	rest, ok = strings.CutSuffix(rest, suffix)
	fields := strings.Split(rest, "/")
	if !ok || len(fields) != 4 {
		return parts{}, false
	}
	return parts{key: key, rev: fields[0], vendorID: fields[1], orderID: fields[2], invoiceID: fields[3]}, true
}

// outranks tells which of two invoices of one time counts as the latest: the one whose order the store keeps.
func (p parts) outranks(q parts) bool {
	return cmp.Or(
		strings.Compare(p.orderID+"#"+p.invoiceID, q.orderID+"#"+q.invoiceID),
		strings.Compare(p.vendorID, q.vendorID),
	) > 0
}
