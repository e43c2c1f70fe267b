package meter

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
)

// Print writes the lines and their sum as a table. With resources it has a column for the resource.
func (b Bill) Print(w io.Writer, resources bool) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	last := func(l Line) string { return "" }
	if resources {
		last = func(l Line) string { return "  " + l.Resource }
	}
	fmt.Fprintln(t, "USD\tquantity\t")
	for _, l := range b {
		fmt.Fprintf(t, "%s\t%s\t  %s, %s%s\n", Dollars(l.USD), count(l.Amount), l.Service, l.Unit, last(l))
	}
	fmt.Fprintf(t, "%s\t\t  in all\n", Dollars(b.Total()))
	return t.Flush()
}

// Dollars formats an amount with two decimals, or two digits if it is less than a cent.
func Dollars(usd float64) string {
	if usd > 0 && usd < 0.01 {
		decimals := 1 - int(math.Floor(math.Log10(usd)))
		return fmt.Sprintf("%.*f", min(decimals, 9), usd)
	}
	return fmt.Sprintf("%.2f", usd)
}

// count formats an amount with three decimals at most.
func count(n float64) string {
	if n >= 100 {
		return fmt.Sprintf("%.0f", n)
	}
	return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%.3f", n), "0"), ".")
}

// Most describes the services that cost most, such as "S3 49 %, API Gateway 34 %, Lambda 7 %".
func (b Bill) Most(n int) string {
	var parts []string
	total := b.Total()
	for _, l := range b.ByService() {
		if len(parts) < n && l.USD > 0 {
			parts = append(parts, fmt.Sprintf("%s %.0f %%", l.Service, 100*l.USD/total))
		}
	}
	return strings.Join(parts, ", ")
}
