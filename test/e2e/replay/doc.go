// Package replay deploys the in-cluster part of a synthesized cloud assembly
// to a cluster on this machine, as CloudFormation would: the custom resources
// of AWS CDK's EKS library, in dependency order, each by AWS's own handler, the
// Python in the assembly's asset, with the kubectl and helm of the assembly's
// layer.
//
// It is strict: a resource, a property or an intrinsic function that it does
// not know is an error. What it skipped would otherwise be what fails in AWS.
package replay
