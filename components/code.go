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

// inBucket returns the bucket from which functions get their code: the one in the arguments, or one that it creates once. It returns nil if
// code does not come from S3.
func (b *builder) inBucket() (pulumi.StringInput, error) {
	if b.codeBucket == nil && b.codeFromS3 {
		// Zips can be rebuilt, so the bucket is deleted together with its objects. They hold no data, so S3's own key encrypts them.
		bucket, err := b.privateBucket("code", true, nil)
		if err != nil {
			return nil, err
		}
		b.codeBucket = bucket.Bucket
	}
	return b.codeBucket, nil
}

// zip returns the path of a function's zip. It is empty if the code is not a zip.
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

// code sets where Lambda gets a function's code from. A zip is passed on unchanged: an archive that Pulumi creates loses the executable bit
// of bootstrap.
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
	// A changed zip gets another key, which updates the function. Objects have no tags, because S3 allows at most ten.
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
