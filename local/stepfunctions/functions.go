package stepfunctions

import (
	"crypto/md5"  //nolint:gosec // States.Hash offers it
	"crypto/sha1" //nolint:gosec // States.Hash offers it
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"maps"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// function is an intrinsic function, which takes min to max arguments.
type function struct {
	min, max int
	do       func(sc *scope, args []any) (any, error)
}

const (
	anyNumber = 1 << 10
	// maxRange is how many items States.ArrayRange may make, and maxText how many characters the functions of
	// strings and hashes take.
	maxRange = 1000
	maxText  = 10000
)

// functions are all intrinsic functions of
// https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
var functions = map[string]function{
	"States.Array": {0, anyNumber, func(_ *scope, a []any) (any, error) { return a, nil }},
	"States.ArrayContains": {2, 2, on(func(list []any, a []any) (any, error) {
		want := render(a[1])
		for _, v := range list {
			if render(v) == want {
				return true, nil
			}
		}
		return false, nil
	})},
	"States.ArrayGetItem": {2, 2, on(func(list []any, a []any) (any, error) {
		i, err := integer(a[1])
		if err == nil && (i < 0 || i >= len(list)) {
			err = fmt.Errorf("the index %d is out of the array's bounds", i)
		}
		if err != nil {
			return nil, err
		}
		return list[i], nil
	})},
	"States.ArrayLength": {1, 1, on(func(list []any, _ []any) (any, error) { return number(len(list)), nil })},
	"States.ArrayPartition": {2, 2, on(func(list []any, a []any) (any, error) {
		size, err := integer(a[1])
		if err == nil && size < 1 {
			err = errors.New("the chunk size must be positive")
		}
		if err != nil {
			return nil, err
		}
		chunks := []any{}
		for ; len(list) > size; list = list[size:] {
			chunks = append(chunks, list[:size:size])
		}
		if len(list) > 0 {
			chunks = append(chunks, list)
		}
		return chunks, nil
	})},
	"States.ArrayRange": {3, 3, arrayRange},
	"States.ArrayUnique": {1, 1, on(func(list []any, _ []any) (any, error) {
		unique, seen := []any{}, map[string]bool{}
		for _, v := range list {
			if key := render(v); !seen[key] {
				seen[key] = true
				unique = append(unique, v)
			}
		}
		return unique, nil
	})},
	"States.Base64Decode": {1, 1, on(func(text string, _ []any) (any, error) {
		b, err := base64.StdEncoding.DecodeString(text)
		return string(b), err
	})},
	"States.Base64Encode": {1, 1, on(func(text string, _ []any) (any, error) {
		return base64.StdEncoding.EncodeToString([]byte(text)), nil
	})},
	"States.Format": {1, anyNumber, on(format)},
	"States.Hash": {2, 2, func(_ *scope, a []any) (any, error) {
		algorithm, _ := a[1].(string)
		h, ok := hashes[algorithm]
		text := asText(a[0])
		if !ok || len(text) > maxText {
			return nil, fmt.Errorf("the data must have at most %d characters, and the algorithm be MD5, SHA-1, SHA-256, SHA-384 or SHA-512", maxText)
		}
		sum := h()
		sum.Write([]byte(text))
		return hex.EncodeToString(sum.Sum(nil)), nil
	}},
	"States.JsonMerge": {3, 3, on(func(first map[string]any, a []any) (any, error) {
		second, ok := a[1].(map[string]any)
		if deep, _ := a[2].(bool); deep || !ok {
			return nil, errors.New("it merges two objects, and only the shallow merging mode (false) is supported")
		}
		merged := maps.Clone(first)
		maps.Copy(merged, second)
		return merged, nil
	})},
	"States.JsonToString": {1, 1, func(_ *scope, a []any) (any, error) { return render(a[0]), nil }},
	"States.MathAdd": {2, 2, func(_ *scope, a []any) (any, error) {
		n, err := integers(a)
		if err != nil {
			return nil, err
		}
		return number(n[0] + n[1]), nil
	}},
	"States.MathRandom": {2, 3, mathRandom},
	"States.StringSplit": {2, 2, on(func(text string, a []any) (any, error) {
		separators, ok := a[1].(string)
		if !ok {
			return nil, errors.New("the delimiter must be a string")
		}
		parts := []any{}
		for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune(separators, r) }) {
			parts = append(parts, part)
		}
		return parts, nil
	})},
	"States.StringToJson": {1, 1, on(func(text string, _ []any) (any, error) { return parseData(text) })},
	"States.UUID":         {0, 0, func(*scope, []any) (any, error) { return uuid.NewString(), nil }},
}

var hashes = map[string]func() hash.Hash{
	"MD5": md5.New, "SHA-1": sha1.New, "SHA-256": sha256.New, "SHA-384": sha512.New384, "SHA-512": sha512.New,
}

// on is a function whose first argument must be of one type.
func on[T any](f func(first T, args []any) (any, error)) func(*scope, []any) (any, error) {
	return func(_ *scope, args []any) (any, error) {
		first, ok := args[0].(T)
		if !ok {
			return nil, fmt.Errorf("the first argument cannot be %s", render(args[0]))
		}
		return f(first, args)
	}
}

func number(n int) json.Number { return json.Number(strconv.Itoa(n)) }

// integer reads a number, rounded as AWS rounds arguments.
func integer(v any) (int, error) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, fmt.Errorf("an integer is expected, not %s", render(v))
	}
	f, err := n.Float64()
	if f < 0 {
		return int(f - 0.5), err
	}
	return int(f + 0.5), err
}

func integers(values []any) ([]int, error) {
	list := make([]int, len(values))
	for i, v := range values {
		var err error
		if list[i], err = integer(v); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// arrayRange makes the numbers from the first to the last, both included.
func arrayRange(_ *scope, args []any) (any, error) {
	n, err := integers(args)
	if err != nil {
		return nil, err
	}
	first, last, step := n[0], n[1], n[2]
	if step == 0 || (last-first)/step >= maxRange {
		return nil, fmt.Errorf("the increment must not be 0, and the range have at most %d items", maxRange)
	}
	list := []any{}
	for i := first; step > 0 && i <= last || step < 0 && i >= last; i += step {
		list = append(list, number(i))
	}
	return list, nil
}

// mathRandom returns a number from the first, included, to the second, excluded; the same one for the same seed.
func mathRandom(sc *scope, args []any) (any, error) {
	n, err := integers(args)
	if err != nil {
		return nil, err
	}
	span := n[1] - n[0]
	if span < 1 {
		return nil, errors.New("the second number must be larger than the first")
	}
	if len(n) == 3 {
		return number(n[0] + rand.New(rand.NewPCG(uint64(n[2]), 0)).IntN(span)), nil //nolint:gosec // not for secrets
	}
	return number(n[0] + int(sc.random()*float64(span))), nil
}

// format puts values in place of {}. A backslash makes the next character an ordinary one.
func format(template string, args []any) (any, error) {
	values := args[1:]
	var b strings.Builder
	for i := 0; i < len(template); i++ {
		switch ch := template[i]; {
		case ch == '\\' && i+1 < len(template):
			i++
			b.WriteByte(template[i])
		case ch == '{' && strings.HasPrefix(template[i:], "{}"):
			if len(values) == 0 {
				return nil, errors.New("there are more {} than arguments")
			}
			b.WriteString(asText(values[0]))
			values = values[1:]
			i++
		case ch == '{' || ch == '}':
			return nil, errors.New("braces that are not {} must be escaped")
		default:
			b.WriteByte(ch)
		}
	}
	if len(values) > 0 {
		return nil, errors.New("there are more arguments than {}")
	}
	return b.String(), nil
}
