package wire

import (
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/order-patterns/order-patterns/local/policy"
)

// WriteXMLError renders an error as S3 does: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
func WriteXMLError(w http.ResponseWriter, c *Call, err error) {
	e := asError(err, func(*policy.DeniedError) *Error {
		return &Error{Status: http.StatusForbidden, Code: "AccessDenied", Message: "Access Denied"}
	})
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(e.Status)
	if c.Method == http.MethodHead {
		return
	}
	enc := xml.NewEncoder(w)
	// An error here means that the caller has gone.
	root := start("Error")
	_ = enc.EncodeToken(root)
	_ = enc.EncodeElement(e.Code, start("Code"))
	_ = enc.EncodeElement(e.Message, start("Message"))
	for _, k := range slices.Sorted(maps.Keys(e.Fields)) {
		_ = enc.EncodeElement(fmt.Sprint(e.Fields[k]), start(k))
	}
	_ = enc.EncodeElement(c.URL.Path, start("Resource"))
	_ = enc.EncodeElement(c.RequestID, start("RequestId"))
	_ = enc.EncodeToken(root.End())
	_ = enc.Flush()
}
