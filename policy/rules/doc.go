// Package rules has the rules for the project's resources. Each rule is a pure function over the resources of a stack: it reads their
// types, properties and relations, and calls nothing. The policy pack runs the rules during `pulumi preview` and `pulumi up`. The review of
// a pull request runs the same rules on a preview's JSON.
//
// A value that is not known yet is [Unknown]. A rule does not report what it cannot know. For example, the ARN of a resource that a preview
// would create makes a whole policy document unknown. The update knows the document, and so does each later preview.
//
// docs/policy.md gives the reason for each rule.
package rules
