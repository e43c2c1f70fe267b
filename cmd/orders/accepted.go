package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/order-patterns/order-patterns/cmd/client/localstack"
)

// accepted is an order that the API answered with 202. It is a line of the file that place writes and verify reads.
type accepted struct {
	URL       string `json:"url"` // the API's base URL: one file serves several stacks
	AccountID string `json:"accountid"`
	VendorID  string `json:"vendorid"`
	OrderID   string `json:"orderid"`
}

func (a accepted) write(w io.Writer) error {
	line, err := json.Marshal(a)
	if err == nil {
		_, err = w.Write(append(line, '\n'))
	}
	if err != nil {
		return fmt.Errorf("writing the accepted orders: %w", err)
	}
	return nil
}

func acceptedFlag(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVar(file, "accepted", "", "file of the accepted orders, one JSON object a line (default: .local/accepted.jsonl in the project)")
}

// acceptedFile returns the file of the flag, or its default.
func acceptedFile(flag string) (string, error) {
	if flag != "" {
		return flag, nil
	}
	stack, err := localstack.Find()
	if err != nil {
		return "", fmt.Errorf("no --accepted given, and no project to keep the accepted orders in: %w", err)
	}
	return filepath.Join(stack.Home, "accepted.jsonl"), nil
}

// openAccepted opens the file of the flag for appending, and creates its folder if it does not exist. reset empties the
// file first.
func openAccepted(flag string, reset bool) (*os.File, error) {
	file, err := acceptedFile(flag)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return nil, fmt.Errorf("making the folder of the accepted orders: %w", err)
	}
	mode := os.O_CREATE | os.O_WRONLY | os.O_APPEND
	if reset {
		mode |= os.O_TRUNC
	}
	f, err := os.OpenFile(file, mode, 0o644)
	if err != nil {
		return nil, fmt.Errorf("opening the file of the accepted orders: %w", err)
	}
	return f, nil
}

// acceptedOrders reads the orders that the target's API accepted from the file of the flag. It also returns the API.
func (t *target) acceptedOrders(flag string) (api endpoint, orders []accepted, err error) {
	if api, err = t.coffee(); err != nil {
		return api, nil, err
	}
	file, err := acceptedFile(flag)
	if err != nil {
		return api, nil, err
	}
	orders, err = readAccepted(file, api.URL)
	return api, orders, err
}

// readAccepted reads the orders that the API at url accepted. It returns an error if there are none.
func readAccepted(file, url string) ([]accepted, error) {
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s does not exist: no orders were placed", file)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the accepted orders: %w", err)
	}
	var orders []accepted
	lines := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; lines.Scan(); n++ {
		var o accepted
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil || o.OrderID == "" || o.AccountID == "" || o.VendorID == "" {
			return nil, fmt.Errorf("%s:%d: not an accepted order: %.100s", file, n, lines.Bytes())
		}
		if o.URL == url {
			orders = append(orders, o)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading the accepted orders in %s: %w", file, err)
	}
	if len(orders) == 0 {
		return nil, fmt.Errorf("%s has no orders that %s accepted", file, url)
	}
	return orders, nil
}
