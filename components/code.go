package components

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// inBucket is the bucket from which functions get their code: the one that the arguments name, or one that it makes, once. It
// returns nil if code does not come from S3.
func (b *builder) inBucket() (pulumi.StringInput, error) {
	if b.codeBucket == nil && b.codeFromS3 {
		// Zips can be made again, so the bucket is deleted with what is in it. They hold no data, so S3's own key encrypts them.
		bucket, err := b.privateBucket("code", true, nil)
		if err != nil {
			return nil, err
		}
		b.codeBucket = bucket.Bucket
	}
	return b.codeBucket, nil
}

// zip is the path of a function's zip, empty for code that is none.
func (b *builder) zip(name string, f Function) (string, error) {
	if !f.own() {
		return b.packages.path(name)
	}
	info, err := os.Stat(f.Code.Path())
	if err != nil || info.IsDir() {
		return "", nil // a folder, assets or a URL
	}
	return f.Code.Path(), nil
}

// code says where Lambda gets a function's code from. A zip is passed on byte for byte: an archive that Pulumi makes itself
// loses the executable bit of bootstrap.
func (b *builder) code(name string, f Function, args *lambda.FunctionArgs) error {
	path, err := b.zip(name, f)
	if err != nil {
		return err
	}
	if path == "" {
		args.Code = f.Code
		return nil
	}
	bucket, err := b.inBucket()
	if err != nil {
		return err
	}
	if bucket == nil {
		args.Code = pulumi.NewFileArchive(path)
		return nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	// A changed zip has another key, by which the function changes. Objects have no tags, because they may have ten at most.
	sum := sha256.Sum256(content)
	key := strings.Join([]string{b.ctx.Project(), b.ctx.Stack(), b.name, name, hex.EncodeToString(sum[:])}, "/") + ".zip"
	object, err := s3.NewBucketObjectv2(b.ctx, b.child(name+"-code"), &s3.BucketObjectv2Args{
		Bucket:      bucket,
		Key:         pulumi.String(key),
		Source:      pulumi.NewFileAsset(path),
		ContentType: pulumi.String("application/zip"),
	}, b.opts()...)
	if err != nil {
		return err
	}
	args.S3Bucket, args.S3Key = object.Bucket, object.Key
	return nil
}
