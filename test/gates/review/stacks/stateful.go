package stacks

import (
	"slices"
	"strings"

	"gitops-eks/test/gates/review/objects"
)

// stateful are the types whose replacement or deletion loses something that a
// deployment cannot bring back, with what is lost.
var stateful = map[string]string{
	"AWS::CodeCommit::Repository":           "the repository's commits",
	"AWS::DynamoDB::GlobalTable":            "the table's items",
	"AWS::DynamoDB::Table":                  "the table's items",
	"AWS::EC2::EIP":                         "the public address, which others may have in their allow lists",
	"AWS::EC2::Subnet":                      "the subnet's addresses and what is in it",
	"AWS::EC2::VPC":                         "the network and all that is in it",
	"AWS::EC2::Volume":                      "the volume's data",
	"AWS::ECR::Repository":                  "the images, which clusters pull",
	"AWS::EFS::FileSystem":                  "the files",
	"AWS::EKS::Cluster":                     "the cluster with everything in it",
	"AWS::EKS::Nodegroup":                   "the nodes with the pods and the local data on them",
	"AWS::ElastiCache::ReplicationGroup":    "the cached data",
	"AWS::KMS::Key":                         "the key: what it encrypts cannot be read without it",
	"AWS::KMS::ReplicaKey":                  "the key: what it encrypts cannot be read without it",
	"AWS::Logs::LogGroup":                   "the logs",
	"AWS::OpenSearchService::Domain":        "the indices",
	"AWS::RDS::DBCluster":                   "the databases",
	"AWS::RDS::DBInstance":                  "the databases",
	"AWS::Route53::HostedZone":              "the zone's records and name servers",
	"AWS::S3::Bucket":                       "the objects in the bucket",
	"AWS::SecretsManager::Secret":           "the secret's value",
	"AWS::SNS::Topic":                       "the subscriptions, each confirmed by hand",
	"AWS::SQS::Queue":                       "the messages in the queue",
	"AWS::SSM::Parameter":                   "the parameter's history",
	"Custom::AWSCDK-EKS-HelmChart":          "the release and all that it installed",
	"Custom::AWSCDK-EKS-KubernetesResource": "",
	"Custom::LogGroup":                      "the logs",
}

// barrier is a parameter of CDK's that only orders deployments.
const barrier = "/KubectlReadyBarrier"

// lost says what goes when the resource does; empty when nothing does.
func lost(d *delta) string {
	r := d.old
	if strings.HasSuffix(r.Path, barrier) {
		return ""
	}
	if r.Type != "Custom::AWSCDK-EKS-KubernetesResource" {
		return stateful[r.Type]
	}
	var said []string
	for _, id := range manifestObjects(r) {
		kind, _, _ := strings.Cut(id, " ")
		if what := objects.Holds(kind); what != "" {
			said = append(said, id+": "+what)
		}
	}
	slices.Sort(said)
	return strings.Join(said, "; ")
}
