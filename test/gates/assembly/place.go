package assembly

import (
	"cmp"

	"gitops-eks/stacks/config"
)

// Partition is that of the stack's Region, and "aws" where it leaves the Region open.
func (s *Stack) Partition() string { return cmp.Or(config.PartitionOf(s.Region), "aws") }

// URLSuffix ends the host names of the partition, as AWS::URLSuffix does.
// https://docs.aws.amazon.com/general/latest/gr/rande.html
func (s *Stack) URLSuffix() string {
	switch s.Partition() {
	case "aws-cn":
		return "amazonaws.com.cn"
	case "aws-eusc":
		return "amazonaws.eu"
	}
	return "amazonaws.com"
}
