package components

import (
	"regexp"
	"strings"
)

// nameRule is what AWS accepts as a name of one kind of resource: its length, and whether it may have underscores.
type nameRule struct {
	longest      int
	noUnderscore bool
}

var (
	nameCharacters = regexp.MustCompile(`^[A-Za-z0-9_-]*$`)

	// roleName: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html.
	// Functions have the same limit, and the name of a function's role is longer. For all other kinds the limit leaves enough space for
	// their longer names: TestTheLongestNameFitsEveryChild.
	roleName = nameRule{longest: 64}
	// bucketName: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html. The provider converts it to lower case.
	bucketName = nameRule{longest: 63, noUnderscore: true}
	// statementID is the id of a permission to invoke a function: https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
	statementID = nameRule{longest: 100}
)

// randomSuffix is the length of what the AWS provider adds to a name: a hyphen and seven hexadecimal digits.
// https://www.pulumi.com/docs/iac/concepts/resources/names/#autonaming
const randomSuffix = 8

// child limits the component's name so that AWS accepts the name of this child.
func (v *validator) child(rule nameRule, name string) {
	longest := rule.longest - randomSuffix - len("-"+name)
	v.longest = min(v.longest, longest)
	v.noUnderscore = v.noUnderscore || rule.noUnderscore
}

// checkName reports a component's name with which AWS would refuse one of the children in the middle of a deployment.
func (v *validator) checkName() {
	if v.longest < 1 {
		v.addf("name", "no name is short enough: the name of a function, or the path of a route, is too long")
	} else if len(v.name) > v.longest {
		v.addf("name", "must have at most %d characters, so that AWS accepts the names of all children, got %d", v.longest, len(v.name))
	}
	switch {
	case v.noUnderscore && (!nameCharacters.MatchString(v.name) || strings.Contains(v.name, "_")):
		v.addf("name", "must have letters, digits and hyphens only, got %q", v.name)
	case !nameCharacters.MatchString(v.name):
		v.addf("name", "must have letters, digits, hyphens and underscores only, got %q", v.name)
	}
}

var functionName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*$`)

// longestFunction leaves ten characters for the component's name in the name of a function's role.
const longestFunction = 40

// taken reserves prefixes of the names of other children: alarms of tables, a stream and the topic, or a role.
func (v *validator) taken(by string, names ...string) {
	for _, name := range names {
		v.functions[name] = by
	}
}

// function reserves the name of a function, which is the prefix of the names of its resources.
func (v *validator) function(path, name string) {
	if len(name) > longestFunction {
		v.addf(path, "a name must have at most %d characters, so that AWS accepts those of its resources, got %d", longestFunction, len(name))
		return
	}
	if !functionName.MatchString(name) {
		v.addf(path, "a name must be a letter, and then letters, digits and hyphens, got %q", name)
	}
	// Names of the API's children, and of dead-letter and failure queues.
	if name == "api" || strings.HasPrefix(name, "api-") || strings.HasSuffix(name, "-dead-letters") || strings.HasSuffix(name, "-failures") {
		v.addf(path, "the name %q is reserved for the component itself", name)
	}
	if other, taken := v.functions[name]; taken {
		v.addf(path, "has the same name as %s", other)
	}
	v.functions[name] = path
	v.child(roleName, name+"-role")
}
