// Package codebuild runs the synthesized pipelines on this machine: the
// commands of their buildspecs, unchanged, in a shell as CodeBuild has it, with
// the environment that the templates give them. `docker` and `aws` are
// stand-ins; all else is this machine's.
package codebuild
