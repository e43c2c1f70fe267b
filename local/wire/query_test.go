package wire_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/wire"
)

type queryService struct {
	wire.Query
	got []publishIn
}

func (*queryService) SigningName() string { return "sns" }

type publishIn struct {
	TopicArn          string
	Message           string
	MessageAttributes []attribute
	Entries           []entry `json:"PublishBatchRequestEntries"`
}

type attribute struct {
	Name  string
	Value struct{ DataType, StringValue string }
}

type entry struct {
	ID                string `json:"Id"`
	Message           string
	MessageAttributes []attribute
}

type publishOut struct {
	MessageID string `xml:"MessageId"`
}

type batchOut struct {
	Successful []struct {
		ID        string `xml:"Id"`
		MessageID string `xml:"MessageId"`
	} `xml:"Successful>member"`
}

func newQueryService() *queryService {
	s := &queryService{Query: wire.Query{XMLNS: "http://sns.amazonaws.com/doc/2010-03-31/", Version: "2010-03-31"}}
	wire.Handle(&s.Query, "Publish", func(c *wire.Call, in *publishIn) (*publishOut, error) {
		if err := c.Authorize("sns:Publish", in.TopicArn); err != nil {
			return nil, err
		}
		s.got = append(s.got, *in)
		if in.Message == "absent" {
			return nil, wire.Errorf(http.StatusNotFound, "NotFound", "Topic <does> not exist")
		}
		return &publishOut{MessageID: "id-1"}, nil
	})
	wire.Handle(&s.Query, "PublishBatch", func(_ *wire.Call, in *publishIn) (*batchOut, error) {
		s.got = append(s.got, *in)
		out := &batchOut{}
		for _, e := range in.Entries {
			out.Successful = append(out.Successful, struct {
				ID        string `xml:"Id"`
				MessageID string `xml:"MessageId"`
			}{e.ID, "m-" + e.ID})
		}
		return out, nil
	})
	return s
}

const topic = "arn:aws:sns:us-east-1:123456789012:orders"

func text(v string) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &v}
}

func TestQueryThroughAnSDK(t *testing.T) {
	s := newQueryService()
	e := serve(t, s)
	client := sns.NewFromConfig(e.config(userKey, nil))
	named := func(v string) attribute {
		return attribute{Name: "k", Value: struct{ DataType, StringValue string }{"String", v}}
	}

	out, err := client.Publish(t.Context(), &sns.PublishInput{TopicArn: aws.String(topic), Message: aws.String("a&b=ü\n"),
		MessageAttributes: map[string]types.MessageAttributeValue{"k": text("v")}})
	require.NoError(t, err)
	require.Equal(t, "id-1", *out.MessageId)
	require.Empty(t, cmp.Diff([]publishIn{{TopicArn: topic, Message: "a&b=ü\n", MessageAttributes: []attribute{named("v")}}}, s.got))

	t.Run("lists keep their order, past nine too", func(t *testing.T) {
		s.got = nil
		var entries []types.PublishBatchRequestEntry
		var want []entry
		for _, id := range strings.Split("k j i h g f e d c b a", " ") {
			entries = append(entries, types.PublishBatchRequestEntry{Id: &id, Message: aws.String("m"),
				MessageAttributes: map[string]types.MessageAttributeValue{"k": text(id)}})
			want = append(want, entry{ID: id, Message: "m", MessageAttributes: []attribute{named(id)}})
		}
		out, err := client.PublishBatch(t.Context(), &sns.PublishBatchInput{TopicArn: aws.String(topic), PublishBatchRequestEntries: entries})
		require.NoError(t, err)
		require.Empty(t, cmp.Diff([]publishIn{{TopicArn: topic, Entries: want}}, s.got))
		require.Len(t, out.Successful, 11)
		require.Equal(t, "m-k", *out.Successful[0].MessageId)
	})
	t.Run("an error becomes the SDK's type", func(t *testing.T) {
		_, err := client.Publish(t.Context(), &sns.PublishInput{TopicArn: aws.String(topic), Message: aws.String("absent")})
		var absent *types.NotFoundException
		require.ErrorAs(t, err, &absent)
		require.Equal(t, "Topic <does> not exist", absent.ErrorMessage())
	})
	t.Run("a parameter that is not implemented is refused by name", func(t *testing.T) {
		_, err := client.Publish(t.Context(), &sns.PublishInput{TopicArn: aws.String(topic), Message: aws.String("m"), Subject: aws.String("s")})
		require.Contains(t, refused(t, err, "InvalidParameter"), `"Subject"`)
	})
	t.Run("an operation that is not implemented is refused by name", func(t *testing.T) {
		_, err := client.ListTopics(t.Context(), &sns.ListTopicsInput{})
		require.Contains(t, refused(t, err, "InvalidAction"), `"ListTopics"`)
	})
	t.Run("a missing permission is 403 AccessDenied", func(t *testing.T) {
		_, err := sns.NewFromConfig(e.config(roleKey, nil)).Publish(t.Context(), &sns.PublishInput{TopicArn: aws.String(topic), Message: aws.String("m")})
		require.Contains(t, refused(t, err, "AccessDenied"), "is not authorized to perform: sns:Publish on resource: "+topic)
	})
	t.Run("a fault after the effect replaces the answer", func(t *testing.T) {
		s.got = nil
		remove := e.account.Faults.Add(fault.Rule{When: fault.After, Do: func(context.Context, fault.Event) error {
			return wire.Errorf(http.StatusInternalServerError, "InternalError", "lost")
		}})
		defer remove()
		_, err := client.Publish(t.Context(), &sns.PublishInput{TopicArn: aws.String(topic), Message: aws.String("m")})
		require.Equal(t, "lost", refused(t, err, "InternalError"))
		require.Len(t, s.got, 1)
	})
}

func TestInvalidQueryForms(t *testing.T) {
	e := serve(t, newQueryService())
	const head = "Action=Publish&Version=2010-03-31&"
	for _, c := range []struct{ name, form, want string }{
		{"an escape that is none", head + "Message=%zz", "MalformedQueryString"},
		{"a parameter twice", head + "Message=a&Message=b", "Message is given 2 times"},
		{"a value and a structure", head + "Message=a&Message.x=b", "both a value and a structure"},
		{"a structure for a value", head + "Message.x=b", "parameter Message: a JSON object cannot be a string"},
		{"a list with a name for a number", head + "MessageAttributes.entry.x.Name=k", "MessageAttributes"},
		{"a value for a list", head + "MessageAttributes=k", "parameter MessageAttributes: a JSON string cannot be a"},
		{"another version", "Action=Publish&Version=2020-01-01", `of version &#34;2020-01-01&#34;`},
		{"no action", "Version=2010-03-31", "InvalidAction"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := request(t, http.MethodPost, e.url, c.form)
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			sign(t, r, "sns", c.form)
			status, answer := do(t, r)
			require.Equal(t, http.StatusBadRequest, status)
			require.Contains(t, answer, `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type>`)
			require.Contains(t, answer, c.want)
		})
	}
}

func TestQueryAnswersOnTheWire(t *testing.T) {
	e := serve(t, newQueryService())
	form := url.Values{"Action": {"Publish"}, "Version": {"2010-03-31"}, "TopicArn": {topic}}.Encode()
	r := request(t, http.MethodPost, e.url, form)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	sign(t, r, "sns", form)
	status, answer := do(t, r)
	require.Equal(t, http.StatusOK, status, answer)
	require.Contains(t, answer, `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>id-1</MessageId>`+
		`</PublishResult><ResponseMetadata><RequestId>`)
}
