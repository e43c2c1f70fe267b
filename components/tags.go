package components

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// The limits of tags: https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html#id_tags_naming_best_practices
const maxTags, maxTagKey, maxTagValue = 50, 128, 256

// tags validates tags. It returns no tags if none are set.
func (v *validator) tags(path string, tags pulumi.StringMapInput) pulumi.StringMapInput {
	if unset(tags) {
		return pulumi.StringMap{}
	}
	if values, ok := tags.(pulumi.StringMap); ok {
		plain := map[string]string{}
		for key, value := range values {
			if text, ok := known[string](value); ok {
				plain[key] = text
			}
		}
		if len(plain) == len(values) {
			if err := checkTags(plain); err != nil {
				v.addf(path, "%v", err)
			}
			return tags
		}
	}
	return tags.ToStringMapOutput().ApplyT(func(values map[string]string) (map[string]string, error) {
		return values, v.late(path, checkTags(values))
	}).(pulumi.StringMapOutput)
}

func checkTags(tags map[string]string) error {
	var errs []error
	if len(tags) > maxTags {
		errs = append(errs, fmt.Errorf("must be at most %d, got %d", maxTags, len(tags)))
	}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		switch n := utf8.RuneCountInString(key); {
		case n == 0 || n > maxTagKey:
			errs = append(errs, fmt.Errorf("a key must have 1 to %d characters, got %d: %q", maxTagKey, n, key))
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			errs = append(errs, fmt.Errorf("a key must not begin with aws:, which is reserved, got %q", key))
		}
		if n := utf8.RuneCountInString(tags[key]); n > maxTagValue {
			errs = append(errs, fmt.Errorf("the value of %q must have at most %d characters, got %d", key, maxTagValue, n))
		}
	}
	return errors.Join(errs...)
}
