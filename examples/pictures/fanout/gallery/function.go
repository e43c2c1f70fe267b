package gallery

import (
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/order-patterns/order-patterns/components"
)

// Function is the one whose zip is in the folder code, with its size and what it may do.
func (s Storage) Function(code, zip string, memoryMB, timeoutSeconds int, permissions ...components.Permission) components.Function {
	return components.Function{
		Code: pulumi.NewFileArchive(filepath.Join(code, zip+".zip")),
		Environment: pulumi.StringMap{
			"PICTURES_BUCKET": s.Bucket.Bucket, "PICTURES_TABLE": s.Table.Name, "METRICS_NAMESPACE": pulumi.String("Pictures"),
		},
		MemoryMB: pulumi.Int(memoryMB), TimeoutSeconds: pulumi.Int(timeoutSeconds),
		Permissions: permissions,
	}
}
