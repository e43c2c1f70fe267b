package s3

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/order-patterns/order-patterns/local/wire"
)

// checksum is the checksum that an object was sent with, or CRC64NVME if it came without one:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
type checksum struct{ header, value string }

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	nvme       = crc64.MakeTable(0x9a6c9329ac4bc9b5)

	algorithms = map[string]func() hash.Hash{
		"X-Amz-Checksum-Crc32":     func() hash.Hash { return crc32.NewIEEE() },
		"X-Amz-Checksum-Crc32c":    func() hash.Hash { return crc32.New(castagnoli) },
		"X-Amz-Checksum-Crc64nvme": func() hash.Hash { return crc64.New(nvme) },
		"X-Amz-Checksum-Sha1":      sha1.New,
		"X-Amz-Checksum-Sha256":    sha256.New,
	}
)

func digest(h hash.Hash, body []byte) string {
	h.Write(body)
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// payload returns the body that was sent and its checksum, after comparing it with all that the request tells of it.
func (r *request) payload() ([]byte, checksum, error) {
	body := r.Body
	sums := r.Header
	switch mode := r.Header.Get("X-Amz-Content-Sha256"); {
	case mode == "STREAMING-UNSIGNED-PAYLOAD-TRAILER":
		var err error
		if body, sums, err = unchunk(r.Header, r.Body); err != nil {
			return nil, checksum{}, err
		}
	case strings.HasPrefix(mode, "STREAMING-"):
		// Its chunks are signed with a key that only the caller's secret gives: to accept them unchecked would be a hole.
		return nil, checksum{}, wire.Unsupported("signed chunks (x-amz-content-sha256: %s)", mode)
	case r.Header.Get("X-Amz-Decoded-Content-Length") != "" || r.Header.Get("X-Amz-Trailer") != "":
		return nil, checksum{}, wire.Unsupported("x-amz-decoded-content-length and x-amz-trailer without aws-chunked content")
	}
	if want := r.Header.Get("Content-Md5"); want != "" && want != digest(md5.New(), body) {
		return nil, checksum{}, wire.Errorf(http.StatusBadRequest, "BadDigest", "The Content-MD5 you specified did not match what we received.")
	}
	sum := checksum{}
	for header, algorithm := range algorithms {
		want := sums.Get(header)
		if want == "" {
			continue
		}
		if sum.header != "" {
			return nil, sum, wire.Errorf(http.StatusBadRequest, "InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
		}
		if sum = (checksum{header, digest(algorithm(), body)}); sum.value != want {
			return nil, sum, wire.Errorf(http.StatusBadRequest, "BadDigest", "The %s you specified did not match the calculated checksum.",
				strings.TrimPrefix(header, "X-Amz-Checksum-"))
		}
	}
	if sum.header == "" {
		sum = checksum{"X-Amz-Checksum-Crc64nvme", digest(crc64.New(nvme), body)}
	}
	return body, sum, nil
}

// unchunk reads the content encoding aws-chunked with a checksum behind the content:
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
func unchunk(header http.Header, rest []byte) ([]byte, http.Header, error) {
	bad := wire.Errorf(http.StatusBadRequest, "IncompleteBody", "The request body is not a whole aws-chunked content with its trailer.")
	var body []byte
	for {
		line, tail, ok := bytes.Cut(rest, []byte("\r\n"))
		size, err := strconv.ParseUint(string(line), 16, 31)
		if !ok || err != nil || int(size)+2 > len(tail) && size > 0 {
			return nil, nil, bad
		}
		rest = tail
		if size == 0 {
			break
		}
		if !bytes.HasPrefix(rest[size:], []byte("\r\n")) {
			return nil, nil, bad
		}
		body, rest = append(body, rest[:size]...), rest[size+2:]
	}
	if want := header.Get("X-Amz-Decoded-Content-Length"); want != strconv.Itoa(len(body)) {
		return nil, nil, bad
	}
	line, _, _ := bytes.Cut(rest, []byte("\r\n"))
	name, value, _ := strings.Cut(string(line), ":")
	if !strings.EqualFold(name, header.Get("X-Amz-Trailer")) || algorithms[http.CanonicalHeaderKey(name)] == nil {
		return nil, nil, wire.Errorf(http.StatusBadRequest, "MalformedTrailerError", "The trailer %q is not the checksum that the request announced.", name)
	}
	sums := http.Header{}
	sums.Set(name, strings.TrimSpace(value))
	return slices.Clip(body), sums, nil
}
