package cloudwatch

import (
	"encoding/json"
	"strings"
	"time"
)

// emf is the metadata of a log event in the embedded metric format:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
type emf struct {
	AWS struct {
		CloudWatchMetrics []struct {
			Namespace  string
			Dimensions [][]string
			Metrics    []struct{ Name string }
		}
	} `json:"_aws"`
}

// Extract stores the metrics of a log event in the embedded metric format, at the time of the event. The format's own Timestamp
// is the machine's time in a function, which the account's clock may be ahead of. Every other event is ignored, and so is, as on
// AWS, a metric whose value or dimension the event lacks.
func (s *Service) Extract(at time.Time, message string) {
	// Most events are not in the format, and are not parsed.
	if !strings.HasPrefix(message, "{") || !strings.Contains(message, `"CloudWatchMetrics"`) {
		return
	}
	var head emf
	var body map[string]any
	if json.Unmarshal([]byte(message), &head) != nil || json.Unmarshal([]byte(message), &body) != nil {
		return
	}
	for _, directive := range head.AWS.CloudWatchMetrics {
		for _, names := range directive.Dimensions {
			dimensions, ok := dimensionSet(body, names)
			if !ok {
				continue
			}
			for _, m := range directive.Metrics {
				for _, v := range numbers(body[m.Name]) {
					s.put(datum{metric{directive.Namespace, m.Name, dimensions}, at, v})
				}
			}
		}
	}
}

func dimensionSet(body map[string]any, names []string) ([]dimension, bool) {
	dimensions := []dimension{}
	for _, name := range names {
		value, ok := body[name].(string)
		if !ok || value == "" {
			return nil, false
		}
		dimensions = append(dimensions, dimension{name, value})
	}
	return dimensions, true
}

// numbers returns the values of a metric: one number, or an array.
func numbers(v any) []float64 {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var values []float64
	for _, v := range list {
		if n, ok := v.(float64); ok {
			values = append(values, n)
		}
	}
	return values
}
