// Package stacks turns the settings into CloudFormation stacks, one a file:
// delivery once, and network, cluster and gitops for each environment.
package stacks
