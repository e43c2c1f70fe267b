package components

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

var variableName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]+$`)

// The variables that components set: in every place where a function may run, and in the places of built-in functions.
var (
	variablesOfPlaces = []string{
		"ALLOW_ORIGIN", "AUTH", "DEAD_LETTERS_URL", "FAILURES_URL", "FINDINGS_QUEUE_URL", "FINISH_FUNCTION", "PATTERN", "QUEUE_URL",
		"STATE_MACHINE_ARN", "STREAM_ARN", "TOPIC_ARN",
	}
	variablesOfOrders = []string{
		"ACCOUNTS_TABLE", "ACCOUNT_CLAIM", "AUDIENCE", "BUCKET_NAME", "CHECKS", "ISSUER", "ORDERS_TABLE", "OUTBOX_QUEUE_URL", "ROUTES",
		"SHIP_FUNCTION", "STOCK_TABLE", "TABLE_NAME",
	}
)

// variablesOfLambda are reserved: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
// Other names that begin with AWS_ are accepted, such as AWS_LAMBDA_EXEC_WRAPPER. A name that begins with _ is not valid anyway.
var variablesOfLambda = []string{
	"AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
	"AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
	"AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT",
	"LAMBDA_RUNTIME_DIR",
}

func checkVariable(name string, set []string) error {
	switch {
	case !variableName.MatchString(name):
		return fmt.Errorf("%q must be a letter, and then letters, digits and underscores", name)
	case slices.Contains(variablesOfLambda, name):
		return fmt.Errorf("%s is reserved by Lambda", name)
	case slices.Contains(set, name):
		return fmt.Errorf("%s is set by the component", name)
	}
	return nil
}

// variables validates the names of environment variables. set are the names that the component sets.
func (v *validator) variables(path string, in pulumi.StringMapInput, set []string) pulumi.StringMapInput {
	if unset(in) {
		return nil
	}
	check := func(names []string) error {
		slices.Sort(names)
		var errs []error
		for _, name := range names {
			errs = append(errs, checkVariable(name, set))
		}
		return errors.Join(errs...)
	}
	if m, ok := in.(pulumi.StringMap); ok {
		if err := check(slices.Collect(maps.Keys(m))); err != nil {
			v.addf(path, "%v", err)
		}
		return in
	}
	return in.ToStringMapOutput().ApplyT(func(m map[string]string) (map[string]string, error) {
		return m, v.late(path, check(slices.Collect(maps.Keys(m))))
	}).(pulumi.StringMapOutput)
}
