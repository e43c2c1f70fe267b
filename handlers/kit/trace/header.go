package trace

import (
	"context"
	"strings"
)

// headerName is the tracing header of requests.
const headerName = "X-Amzn-Trace-Id"

// lambdaKey is the key under which aws-lambda-go puts the invocation's tracing header into the context.
const lambdaKey = "x-amzn-trace-id"

// header is a tracing header: "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1".
//
// See https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
type header struct {
	root, parent string
	sampled      bool
	rest         string // other fields, each with ";" before it. Lambda finds loops by Lineage.
}

// parse reads a tracing header. It reports false if the Root is not the id of a trace. A Parent that is not the id of a
// segment is ignored.
func parse(text string) (h header, ok bool) {
	for field := range strings.SplitSeq(text, ";") {
		field = strings.TrimSpace(field)
		name, value, _ := strings.Cut(field, "=")
		switch name {
		case "Root":
			h.root = value
		case "Parent":
			if isHex(value, 16) {
				h.parent = value
			}
		case "Sampled":
			h.sampled = value == "1"
		default:
			if field != "" {
				h.rest += ";" + field
			}
		}
	}
	version, id, _ := strings.Cut(h.root, "-")
	seconds, random, _ := strings.Cut(id, "-")
	return h, version == "1" && isHex(seconds, 8) && isHex(random, 24)
}

// String is the value of the header.
func (h header) String() string {
	text := "Root=" + h.root
	if h.parent != "" {
		text += ";Parent=" + h.parent
	}
	if h.sampled {
		return text + ";Sampled=1" + h.rest
	}
	return text + ";Sampled=0" + h.rest
}

func isHex(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789abcdef") == ""
}

// current returns the place of ctx in a sampled trace: in the span of ctx, else in the invocation.
func current(ctx context.Context) (h header, ok bool) {
	if s := FromContext(ctx); s != nil {
		return s.header(), true
	}
	text, _ := ctx.Value(lambdaKey).(string)
	if !strings.Contains(text, "Sampled=1") {
		return header{}, false
	}
	h, ok = parse(text)
	return h, ok && h.sampled && h.parent != ""
}

// Header returns the tracing header of ctx, for a message or record that carries it to the next function, or "" if the
// invocation has none. Its Parent is the span of ctx, else the invocation.
func Header(ctx context.Context) string {
	if s := FromContext(ctx); s != nil {
		return s.header().String()
	}
	text, _ := ctx.Value(lambdaKey).(string)
	return text
}
