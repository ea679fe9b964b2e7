// Package report is what the gate nag and its program tell each other.
package report

// Request asks for a look at templates.
type Request struct {
	// Folder to write to.
	Folder string
	// Stacks to look at.
	Stacks []Stack
}

// Stack is one template.
type Stack struct {
	// ID of the stack, File of its template.
	ID, File string
}

// Reply answers a [Request], one result a stack, in its order.
type Reply struct {
	Stacks []Result
}

// Result is what was found in one stack.
type Result struct {
	// Stack is its id.
	Stack string
	// Findings in the order of the logical ids.
	Findings []Finding
	// Looked counts the pairs of a rule and a resource that were looked at.
	Looked int
	// Error says why the stack could not be looked at.
	Error string
}

// Finding is what one rule says of one resource.
type Finding struct {
	// LogicalID of the resource.
	LogicalID string
	// Rule as cdk-nag names it, such as AwsSolutions-IAM4, with the detail in
	// brackets where there is one.
	Rule string
	// Info is what is wrong, Explanation what should be and why.
	Info, Explanation string
	// Unknown says that the rule could not be evaluated; Explanation says why.
	Unknown bool
}
