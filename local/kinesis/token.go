package kinesis

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"math"
	"strconv"
	"strings"
	"time"
)

// tokenLife is how long a shard iterator is valid.
const tokenLife = 5 * time.Minute

const macSize = 16

// seal makes an opaque, authenticated token of fields. No field may contain a slash.
func (s *Service) seal(fields ...string) string {
	text := strings.Join(fields, "/")
	return base64.StdEncoding.EncodeToString(append(s.mac(text), text...))
}

// unseal returns the fields of a token.
func (s *Service) unseal(token string) (fields []string, ok bool) {
	b, err := base64.StdEncoding.DecodeString(token)
	if err != nil || len(b) < macSize || !hmac.Equal(b[:macSize], s.mac(string(b[macSize:]))) {
		return nil, false
	}
	return strings.Split(string(b[macSize:]), "/"), true
}

func (s *Service) mac(text string) []byte {
	h := hmac.New(sha256.New, s.secret[:])
	_, _ = h.Write([]byte(text)) // never fails
	return h.Sum(nil)[:macSize]
}

// tooOld reports whether a token has expired. Times in tokens have milliseconds.
func tooOld(issued, now time.Time) bool {
	return now.UnixMilli()-issued.UnixMilli() > tokenLife.Milliseconds()
}

func millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

// fromMillis is the reverse of millis. The text comes from a sealed token.
func fromMillis(text string) time.Time {
	n, _ := strconv.ParseInt(text, 10, 64)
	return time.UnixMilli(n)
}

// seconds is a time in the AWS JSON protocol: seconds since 1970, to the millisecond.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func fromSeconds(s float64) time.Time { return time.UnixMilli(int64(math.Round(s * 1000))) }
