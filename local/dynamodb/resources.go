package dynamodb

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/provider"
	"github.com/order-patterns/order-patterns/local/wire"
)

// TableArgs are the inputs of aws:dynamodb/table:Table that are implemented. Secondary indexes, streams, replicas, table
// classes and the rest are refused.
type TableArgs struct {
	Name                      *string           `pulumi:"name,optional,replace"`
	Attributes                []TableAttribute  `pulumi:"attributes"`
	HashKey                   string            `pulumi:"hashKey,replace"`
	RangeKey                  *string           `pulumi:"rangeKey,optional,replace"`
	BillingMode               *string           `pulumi:"billingMode,optional"` // PROVISIONED if absent
	ReadCapacity              *int              `pulumi:"readCapacity,optional"`
	WriteCapacity             *int              `pulumi:"writeCapacity,optional"`
	TTL                       *TableTTL         `pulumi:"ttl,optional"`
	PointInTimeRecovery       *PointInTime      `pulumi:"pointInTimeRecovery,optional"`
	DeletionProtectionEnabled *bool             `pulumi:"deletionProtectionEnabled,optional"`
	ServerSideEncryption      *TableEncryption  `pulumi:"serverSideEncryption,optional"`
	Tags                      map[string]string `pulumi:"tags,optional"`
	ARN                       string            `pulumi:"arn,output"`
	StreamARN                 string            `pulumi:"streamArn,output"`
	StreamLabel               string            `pulumi:"streamLabel,output"`
}

// TableAttribute declares a key attribute. Type is S or N.
type TableAttribute struct {
	Name string `pulumi:"name"`
	Type string `pulumi:"type"`
}

// TableTTL names the attribute that holds an item's time of expiry, in seconds since 1970.
type TableTTL struct {
	AttributeName *string `pulumi:"attributeName,optional"`
	Enabled       *bool   `pulumi:"enabled,optional"`
}

// PointInTime turns continuous backups on. The embedded cloud remembers the setting and keeps no backups.
type PointInTime struct {
	Enabled bool `pulumi:"enabled"`
}

// TableEncryption is a KMS key instead of the one that DynamoDB owns. Without KMSKeyARN it is alias/aws/dynamodb.
type TableEncryption struct {
	Enabled   bool    `pulumi:"enabled"`
	KMSKeyARN *string `pulumi:"kmsKeyArn,optional"`
}

func (a *TableArgs) provisioned() bool {
	return a.BillingMode == nil || *a.BillingMode == "PROVISIONED"
}

func (a *TableArgs) ttlAttribute() string {
	if a.TTL == nil || !aws.ToBool(a.TTL.Enabled) || a.TTL.AttributeName == nil {
		return ""
	}
	return *a.TTL.AttributeName
}

func (a *TableArgs) schema() schema {
	types := map[string]string{}
	for _, attribute := range a.Attributes {
		types[attribute.Name] = attribute.Type
	}
	s := schema{Hash: keyAttribute{a.HashKey, types[a.HashKey]}}
	if a.RangeKey != nil {
		s.Range = keyAttribute{*a.RangeKey, types[*a.RangeKey]}
	}
	return s
}

// Kinds are the Pulumi resource types that this service realises.
func (s *Service) Kinds() []provider.Kind {
	return append(scalingKinds(), &provider.Object[TableArgs, table]{
		Type:     "aws:dynamodb/table:Table",
		AutoName: &provider.AutoName{Property: "name", Max: 255},
		Check:    checkTable,
		Lock:     &s.mu,
		Find:     s.find,
		State:    (*table).state,
		Create:   s.createTable,
		Update:   func(_ context.Context, t *table, in *TableArgs) error { return t.update(in) },
		Delete:   s.deleteTable,
	})
}

// find returns a table. The caller holds the lock.
func (s *Service) find(name string) (*table, error) {
	return wire.Found(s.tables[name], notFound(noTableNamed(name)))
}

var tableName = regexp.MustCompile(`^[a-zA-Z0-9_.-]{3,255}$`)

// checkTable refuses what CreateTable, or the AWS provider before it, would refuse.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
func checkTable(c *provider.Checker, in *TableArgs) {
	c.Match("name", in.Name, tableName, "3 to 255 letters, digits and _.-")
	checkKeys(c, in)
	c.OneOf("billingMode", in.BillingMode, "PROVISIONED", "PAY_PER_REQUEST")
	if in.provisioned() && !c.Unknown("billingMode") {
		checkCapacity(c, "readCapacity", in.ReadCapacity)
		checkCapacity(c, "writeCapacity", in.WriteCapacity)
	}
	if e := in.ServerSideEncryption; e != nil && !e.Enabled && e.KMSKeyARN != nil && !c.Unknown("serverSideEncryption") {
		c.Failf("serverSideEncryption.kmsKeyArn", "must not be given if serverSideEncryption.enabled is false")
	}
	if ttl := in.TTL; ttl != nil && !c.Unknown("ttl.enabled") && !c.Unknown("ttl.attributeName") {
		enabled, named := aws.ToBool(ttl.Enabled), ttl.AttributeName != nil && *ttl.AttributeName != ""
		if enabled != named {
			c.Failf("ttl.attributeName", "must be given if, and only if, ttl.enabled is true")
		}
	}
}

func checkCapacity(c *provider.Checker, property string, units *int) {
	if units == nil && !c.Unknown(property) {
		c.Failf(property, "is required when billingMode is PROVISIONED, which is the default")
	} else if units != nil && *units < 1 {
		c.Failf(property, "must be at least 1, got %d", *units)
	}
}

// checkKeys makes sure that the attributes are those of the key, no more and no fewer.
func checkKeys(c *provider.Checker, in *TableArgs) {
	if c.Unknown("attributes") || c.Unknown("hashKey") || c.Unknown("rangeKey") {
		return
	}
	properties := map[string]string{in.HashKey: "hashKey"} // by the attributes that must still be declared
	if in.RangeKey != nil {
		if *in.RangeKey == in.HashKey {
			c.Failf("rangeKey", "must differ from hashKey, got %q for both", in.HashKey)
		}
		properties[*in.RangeKey] = "rangeKey"
	}
	for i, a := range in.Attributes {
		at := fmt.Sprintf("attributes[%d]", i)
		if c.Unknown(at+".name") || c.Unknown(at+".type") {
			return
		}
		if properties[a.Name] == "" {
			c.Failf(at+".name", "%q is not part of the key, or is declared twice: declare only hashKey and rangeKey", a.Name)
		}
		delete(properties, a.Name)
		c.OneOf(at+".type", &a.Type, "S", "N")
		if len(a.Name) < 1 || len(a.Name) > 255 {
			c.Failf(at+".name", "must be 1 to 255 characters long")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		c.Failf(properties[name], "%q must be declared in attributes", name)
	}
}

func (s *Service) createTable(_ context.Context, in *TableArgs) (string, error) {
	name := *in.Name
	if s.tables[name] != nil {
		return "", wire.Errorf(http.StatusBadRequest, "ResourceInUseException", "Table already exists: %s", name)
	}
	s.tables[name] = newTable(s.account, name, TableARN(name), uuid.NewString(), in.schema())
	s.tables[name].configure(in)
	return name, nil
}

func (t *table) update(in *TableArgs) error {
	if in.schema() != t.schema {
		return invalid("Attributes cannot be redefined. Please check that your attribute has the same type as previously defined.")
	}
	t.configure(in)
	return nil
}

func (s *Service) deleteTable(_ context.Context, t *table) error {
	if args, _, _ := t.describe(); aws.ToBool(args.DeletionProtectionEnabled) {
		return invalid("Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
	}
	delete(s.tables, t.name)
	return nil
}

func (t *table) state() *TableArgs {
	state, _, _ := t.describe()
	state.ARN = t.arn
	return state
}
