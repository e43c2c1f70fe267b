package wire

import (
	"encoding/binary"
	"net/http"
)

// No service here speaks CBOR, but clients of CloudWatch do. They too learn what is refused.
// https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html

func isCBOR(r *http.Request) bool { return r.Header.Get("Smithy-Protocol") == "rpc-v2-cbor" }

func writeCBORError(w http.ResponseWriter, err error) {
	e := asError(err, nil)
	body := []byte{0xa2} // a map of two
	for _, text := range []string{"__type", e.Code, "message", e.Message} {
		body = append(binary.BigEndian.AppendUint16(append(body, 0x79), uint16(len(text))), text...)
	}
	w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	write(w, e.Status, "application/cbor", body, nil)
}
