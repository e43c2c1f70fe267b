package console

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheBillSaysWhatTheTrafficWouldCost(t *testing.T) {
	send(t, "fanout", 20, 4)
	p := open(t, desktop, "light")
	p.click("tab-bill")
	p.eventually("the bill has a sum", `/\$(0\.0*[1-9]|[1-9])/.test(at('bill-total')?.innerText)`)
	text := evaluate[string](p, "document.body.innerText")
	for _, service := range []string{"Lambda", "SQS", "DynamoDB", "S3"} {
		require.Contains(t, text, service)
	}
}
