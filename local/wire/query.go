package wire

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/order-patterns/order-patterns/local/policy"
)

// Query serves the protocol awsQuery: a form with an Action, answered in XML.
//
// The parameters of an operation are filled as from JSON: a list x.member.N is a slice, a map x.entry.N a slice of structs with
// the members that the wire has (Name and Value, or key and value). Every scalar is a string, as on the wire. The result is
// rendered under <NAMEResult>, an Object by its members.
type Query struct {
	XMLNS string // "http://sns.amazonaws.com/doc/2010-03-31/"
	// Version is the only API version that is accepted: "2010-03-31".
	Version string
	// Denied renders a missing permission; status 403 and code AccessDenied if nil.
	Denied func(*policy.DeniedError) *Error

	operations
}

// ServeAWS answers a call, or refuses an operation that was not added.
func (q *Query) ServeAWS(w http.ResponseWriter, c *Call) {
	form, err := url.ParseQuery(string(c.Body))
	if err != nil {
		q.fail(w, c, Errorf(http.StatusBadRequest, "MalformedQueryString", "%v", err))
		return
	}
	name := form.Get("Action")
	op, ok := q.operations[name]
	if v := form.Get("Version"); !ok || v != q.Version {
		q.fail(w, c, Errorf(http.StatusBadRequest, "InvalidAction",
			"The embedded cloud does not implement the action %q of version %q", name, v))
		return
	}
	out, err := op(c, func(c *Call, v any) error {
		if err := decodeForm(form, v); err != nil {
			return Errorf(http.StatusBadRequest, "InvalidParameter", "Invalid parameter: %s: %v", name, err)
		}
		return nil
	})
	if err != nil {
		q.fail(w, c, err)
		return
	}
	writeXML(w, http.StatusOK, "text/xml", name+"Response", q.XMLNS, Object{name + "Result": out, "ResponseMetadata": Object{"RequestId": c.RequestID}})
}

// MarshalXML implements xml.Marshaler, for results of S3 and of the query protocol.
func (o Object) MarshalXML(e *xml.Encoder, element xml.StartElement) error {
	errs := []error{e.EncodeToken(element)}
	for _, name := range slices.Sorted(maps.Keys(o)) {
		errs = append(errs, e.EncodeElement(o[name], start(name)))
	}
	return errors.Join(append(errs, e.EncodeToken(element.End()))...)
}

// Members is a list in a result of the query protocol.
type Members[T any] struct {
	List []T `xml:"member"`
}

func (q *Query) fail(w http.ResponseWriter, c *Call, err error) {
	denied := q.Denied
	if denied == nil {
		denied = denial(http.StatusForbidden, "AccessDenied")
	}
	e := asError(err, denied)
	kind := "Sender"
	if e.Status >= http.StatusInternalServerError {
		kind = "Receiver"
	}
	writeXML(w, e.Status, "text/xml", "ErrorResponse", q.XMLNS, Object{
		"Error": struct{ Type, Code, Message string }{kind, e.Code, e.Message}, "RequestId": c.RequestID,
	})
}

// WriteXML writes a result of S3.
func WriteXML(w http.ResponseWriter, root string, members Object) {
	writeXML(w, http.StatusOK, "application/xml", root, "http://s3.amazonaws.com/doc/2006-03-01/", members)
}

func writeXML(w http.ResponseWriter, status int, contentType, root, namespace string, members Object) {
	open := start(root)
	if namespace != "" {
		open.Attr = []xml.Attr{{Name: xml.Name{Local: "xmlns"}, Value: namespace}}
	}
	var text bytes.Buffer
	err := xml.NewEncoder(&text).EncodeElement(members, open)
	write(w, status, contentType, text.Bytes(), err)
}

func start(name string) xml.StartElement { return xml.StartElement{Name: xml.Name{Local: name}} }

// decodeForm turns the flat keys of a form into the tree that they spell, and reads that into v.
func decodeForm(form url.Values, v any) error {
	tree := map[string]any{}
	for key, values := range form {
		if key == "Action" || key == "Version" {
			continue
		}
		if len(values) != 1 {
			return fmt.Errorf("%s is given %d times", key, len(values))
		}
		if err := insert(tree, strings.Split(key, "."), values[0]); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	body, err := json.Marshal(lists(tree))
	if err != nil {
		return err
	}
	return decodeStrict(body, v)
}

func insert(tree map[string]any, path []string, value string) error {
	have, taken := tree[path[0]]
	below, isTree := have.(map[string]any)
	switch {
	case taken && !(isTree && len(path) > 1):
		return errors.New("both a value and a structure")
	case len(path) == 1:
		tree[path[0]] = value
		return nil
	case !taken:
		below = map[string]any{}
		tree[path[0]] = below
	}
	return insert(below, path[1:], value)
}

// lists replaces every {"member": {"1": a, "2": b}} and {"entry": {...}} by [a, b].
func lists(node any) any {
	m, ok := node.(map[string]any)
	if !ok {
		return node
	}
	for _, word := range []string{"member", "entry"} {
		if items, ok := m[word].(map[string]any); ok && len(m) == 1 {
			keys := make([]int, 0, len(items))
			for k := range items {
				n, err := strconv.Atoi(k)
				if err != nil {
					return node
				}
				keys = append(keys, n)
			}
			slices.Sort(keys)
			list := make([]any, len(keys))
			for i, k := range keys {
				list[i] = lists(items[strconv.Itoa(k)])
			}
			return list
		}
	}
	for k, v := range m {
		m[k] = lists(v)
	}
	return m
}
