package trace

import "strings"

// headerName is the tracing header of requests.
const headerName = "X-Amzn-Trace-Id"

// lambdaKey is the context key under which aws-lambda-go stores the invocation's tracing header.
const lambdaKey = "x-amzn-trace-id"

// header is a tracing header: "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1".
//
// See https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
type header struct {
	root, parent string
	sampled      bool
}

// parse parses a tracing header. ok is false if the Root is not a trace id. A Parent that is not a segment id is ignored.
func parse(text string) (h header, ok bool) {
	for field := range strings.SplitSeq(text, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		switch name {
		case "Root":
			h.root = value
		case "Parent":
			if isHex(value, 16) {
				h.parent = value
			}
		case "Sampled":
			h.sampled = value == "1"
		}
	}
	version, id, _ := strings.Cut(h.root, "-")
	seconds, random, _ := strings.Cut(id, "-")
	return h, version == "1" && isHex(seconds, 8) && isHex(random, 24)
}

// text returns the header for a request that is made in an invocation. It includes the other fields of the invocation's header: Lambda
// detects loops by Lineage, which counts the functions up to this one.
//
// See https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
func (h header) text(invocation string) string {
	text := "Root=" + h.root
	if h.parent != "" {
		text += ";Parent=" + h.parent
	}
	if h.sampled {
		text += ";Sampled=1"
	} else {
		text += ";Sampled=0"
	}
	for field := range strings.SplitSeq(invocation, ";") {
		field = strings.TrimSpace(field)
		switch name, _, _ := strings.Cut(field, "="); name {
		case "", "Root", "Parent", "Sampled":
		default:
			text += ";" + field
		}
	}
	return text
}

func isHex(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789abcdef") == ""
}
