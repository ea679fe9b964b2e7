package assembly

import "strings"

// partitions of AWS besides "aws", by the beginning of the names of their Regions.
// https://docs.aws.amazon.com/general/latest/gr/rande.html
var partitions = []struct{ region, partition, suffix string }{
	{"cn-", "aws-cn", "amazonaws.com.cn"},
	{"us-gov-", "aws-us-gov", "amazonaws.com"},
	{"eusc-", "aws-eusc", "amazonaws.eu"},
}

// Partition is that of the stack's Region, and "aws" where it leaves the Region open.
func (s *Stack) Partition() string {
	partition, _ := s.place()
	return partition
}

// URLSuffix ends the host names of the partition, as AWS::URLSuffix does.
func (s *Stack) URLSuffix() string {
	_, suffix := s.place()
	return suffix
}

func (s *Stack) place() (partition, suffix string) {
	for _, p := range partitions {
		if strings.HasPrefix(s.Region, p.region) {
			return p.partition, p.suffix
		}
	}
	return "aws", "amazonaws.com"
}
