// Package rules has the rules that the project's resources must keep. Each rule is a pure function over the resources of a
// stack: it reads their types, properties and relations, and calls nothing. The policy pack runs the rules during `pulumi
// preview` and `pulumi up`, and the review of a pull request runs the same ones on a preview's JSON.
//
// A value that is not known yet is [Unknown]. A rule does not report what it cannot know: an ARN of a resource that a preview
// would create makes a whole policy document unknown. The update knows it, and so does each later preview.
//
// docs/policy.md says why there is each rule.
package rules
