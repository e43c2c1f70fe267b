package s3

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"hash/crc32"
	"hash/crc64"
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

// payload returns the body that was sent and its checksum, after comparing it with the checksums of the request.
func (r *request) payload() ([]byte, checksum, error) {
	body := r.Body
	if mode := r.Header.Get("X-Amz-Content-Sha256"); strings.HasPrefix(mode, "STREAMING-") {
		return nil, checksum{}, wire.Unsupported("chunked uploads (x-amz-content-sha256: %s)", mode)
	}
	if want := r.Header.Get("Content-Md5"); want != "" && want != digest(md5.New(), body) {
		return nil, checksum{}, badRequest("BadDigest", "The Content-MD5 you specified did not match what we received.")
	}
	sum := checksum{}
	for header, algorithm := range algorithms {
		want := r.Header.Get(header)
		if want == "" {
			continue
		}
		if sum.header != "" {
			return nil, sum, badRequest("InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
		}
		if sum = (checksum{header, digest(algorithm(), body)}); sum.value != want {
			return nil, sum, badRequest("BadDigest", "The %s you specified did not match the calculated checksum.",
				strings.TrimPrefix(header, "X-Amz-Checksum-"))
		}
	}
	if sum.header == "" {
		return body, checksum{"X-Amz-Checksum-Crc64nvme", digest(crc64.New(nvme), body)}, nil
	}
	return body, sum, nil
}
