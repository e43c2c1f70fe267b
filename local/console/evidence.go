package console

import (
	"encoding/json"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

type item struct {
	Table string         `json:"table"`
	Item  map[string]any `json:"item"`
}

type object struct {
	Bucket string `json:"bucket"`
	Key    string `json:"key"`
	Size   int64  `json:"size"`
	Text   string `json:"text"`
}

type lyingLetter struct {
	Queue string `json:"queue"`
	Body  string `json:"body"`
}

const (
	maxObjects = 20
	maxRelated = 100 // objects of a bucket that are read because of a field
	maxText    = 64 << 10
)

// mentions reports whether a text has a value in it as a whole word.
func mentions(text, value string) bool {
	return value != "" && strings.Contains(text, value) && regexp.MustCompile(`(^|[^\w-])`+regexp.QuoteMeta(value)+`($|[^\w-])`).MatchString(text)
}

// addItems adds the item of each table whose key is in the lines.
func (s *story) addItems() error {
	for _, n := range s.component.nodes(kindTable) {
		key, names := map[string]types.AttributeValue{}, []string{n.deployed.Text("hashKey")}
		if name := n.deployed.Text("rangeKey"); name != "" {
			names = append(names, name)
		}
		for _, name := range names {
			if v := s.fields[strings.ToLower(name)]; v != "" {
				key[name] = &types.AttributeValueMemberS{Value: v}
			}
		}
		if len(key) < len(names) {
			continue
		}
		out, err := dynamodb.NewFromConfig(s.config).GetItem(s.ctx, &dynamodb.GetItemInput{TableName: &n.Resource, Key: key, ConsistentRead: aws.Bool(true)})
		if err != nil {
			return err
		}
		if out.Item != nil {
			s.Items = append(s.Items, item{n.Name, plain(&types.AttributeValueMemberM{Value: out.Item}).(map[string]any)})
		}
	}
	return nil
}

// plain is an attribute as JSON has it.
func plain(v types.AttributeValue) any {
	switch v := v.(type) {
	case *types.AttributeValueMemberM:
		m := map[string]any{}
		for name, v := range v.Value {
			m[name] = plain(v)
		}
		return m
	case *types.AttributeValueMemberL:
		list := []any{}
		for _, v := range v.Value {
			list = append(list, plain(v))
		}
		return list
	case *types.AttributeValueMemberN:
		return json.Number(v.Value)
	case *types.AttributeValueMemberNULL:
		return nil
	}
	return reflect.ValueOf(v).Elem().FieldByName("Value").Interface() // a string, a boolean, bytes, or a list of these
}

// addObjects adds the objects that have the id in their key, or a field in their key and the id in their text. Of the latter not all are
// read: a field such as a shop may be in every key.
func (s *story) addObjects() error {
	client := s3.NewFromConfig(s.config, func(o *s3.Options) { o.UsePathStyle = true })
	for _, n := range s.component.nodes(kindBucket) {
		var named, related []s3types.Object
		pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: &n.Resource})
		for pages.HasMorePages() {
			page, err := pages.NextPage(s.ctx)
			if err != nil {
				return err
			}
			for _, o := range page.Contents {
				if mentions(*o.Key, s.record.ID) {
					named = append(named, o)
				} else if len(related) < maxRelated && slices.ContainsFunc(s.settings.Record.Search, func(name string) bool { return mentions(*o.Key, s.record.Fields[name]) }) {
					related = append(related, o)
				}
			}
		}
		for i, o := range append(named, related...) {
			if len(s.Objects) == maxObjects {
				return nil
			}
			text, err := s.objectText(client, n.Resource, *o.Key, *o.Size)
			if err != nil {
				return err
			}
			if i < len(named) || mentions(text, s.record.ID) {
				s.Objects = append(s.Objects, object{n.Name, *o.Key, *o.Size, text})
			}
		}
	}
	return nil
}

// objectText returns the text of an object that is not too large.
func (s *story) objectText(client *s3.Client, bucket, key string, size int64) (string, error) {
	if size > maxText {
		return "", nil
	}
	out, err := client.GetObject(s.ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return "", err
	}
	defer out.Body.Close()
	text, err := io.ReadAll(out.Body)
	return strings.ToValidUTF8(string(text), "\uFFFD"), err
}

// addDeadLetters adds the messages in dead-letter queues that mention the id.
func (s *story) addDeadLetters() error {
	for _, n := range s.component.nodes(kindDeadLetters) {
		all, err := s.lookInto(s.ctx, n.deployed.ID)
		if err != nil {
			return err
		}
		for _, m := range all.Messages {
			if mentions(m.Body, s.record.ID) {
				s.DeadLetters = append(s.DeadLetters, lyingLetter{n.Name, m.Body})
			}
		}
	}
	return nil
}
