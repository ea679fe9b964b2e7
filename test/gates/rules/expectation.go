package rules

import (
	"fmt"
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// expectation is a property that has to have one of a few values.
type expectation struct {
	// rule is the id, kind the type of resources.
	rule, kind string
	// property is the path into the properties, with dots.
	property string
	// want are the values that are allowed, as text.
	want []string
	// because says what happens otherwise.
	because string
}

// expectations are single properties of the platform's posture. Those with a
// control in brackets are also in AWS's Foundational Security Best Practices:
// https://docs.aws.amazon.com/securityhub/latest/userguide/fsbp-standard.html
var expectations = []expectation{
	{"eks-authentication", "AWS::EKS::Cluster", "AccessConfig.AuthenticationMode", []string{"API"},
		"the aws-auth ConfigMap would give access that no access entry shows"},
	{"eks-creator-admin", "AWS::EKS::Cluster", "AccessConfig.BootstrapClusterCreatorAdminPermissions", []string{"false"},
		"whoever creates the cluster would stay its administrator"},
	{"eks-private-endpoint", "AWS::EKS::Cluster", "ResourcesVpcConfig.EndpointPrivateAccess", []string{"true"},
		"nodes and the kubectl handler would reach the Kubernetes API over the internet or not at all"},
	{"eks-upgrade-policy", "AWS::EKS::Cluster", "UpgradePolicy.SupportType", []string{"STANDARD"},
		"extended support costs six times as much an hour, and lets a version grow old"},
	{"eks-self-managed-addons", "AWS::EKS::Cluster", "BootstrapSelfManagedAddons", []string{"false"},
		"EKS would install add-ons that nobody updates, beside the declared ones"},
	{"eks-ip-family", "AWS::EKS::Cluster", "KubernetesNetworkConfig.IpFamily", []string{"", "ipv4"},
		"the VPC has no IPv6 addresses"},
	{"eks-zonal-shift", "AWS::EKS::Cluster", "ZonalShiftConfig.Enabled", []string{"true"},
		"traffic could not be moved away from an impaired zone"},
	{"eks-addon-conflicts", "AWS::EKS::Addon", "ResolveConflicts", []string{"OVERWRITE", "PRESERVE"},
		"the add-on's installation or update fails when a field differs"},
	{"nodegroup-repair", "AWS::EKS::Nodegroup", "NodeRepairConfig.Enabled", []string{"true"},
		"a broken node stays in the cluster"},
	{"nodegroup-force-update", "AWS::EKS::Nodegroup", "ForceUpdateEnabled", []string{"false"},
		"an update evicts pods whatever their disruption budgets say"},
	{"eks-deletion-protection", "AWS::EKS::Cluster", "DeletionProtection", []string{"true", "false"},
		"it has to be said outright whether EKS may delete the cluster"},
	{"vpc-dns", "AWS::EC2::VPC", "EnableDnsHostnames", []string{"true"},
		"nodes get no names and private endpoints do not resolve"},
	{"vpc-dns", "AWS::EC2::VPC", "EnableDnsSupport", []string{"", "true"},
		"nothing in the VPC can resolve a name"},
	{"vpc-tenancy", "AWS::EC2::VPC", "InstanceTenancy", []string{"", "default"},
		"every node would be a dedicated instance, which Auto Mode does not use"},
	{"subnet-public-address", "AWS::EC2::Subnet", "MapPublicIpOnLaunch", []string{"", "false"},
		"instances in it would get public addresses [EC2.15]"},
	{"elastic-ip-domain", "AWS::EC2::EIP", "Domain", []string{"vpc"},
		"a NAT gateway needs an address of a VPC"},
	{"kms-rotation", "AWS::KMS::Key", "EnableKeyRotation", []string{"true"},
		"the key's material would never change [KMS.4]"},
	{"kms-enabled", "AWS::KMS::Key", "Enabled", []string{"", "true"},
		"nothing can be encrypted or decrypted with a disabled key"},
	{"ecr-scan", "AWS::ECR::Repository", "ImageScanningConfiguration.ScanOnPush", []string{"true"},
		"the build waits for a scan that never comes [ECR.1]"},
	{"ecr-encryption", "AWS::ECR::Repository", "EncryptionConfiguration.EncryptionType", []string{"KMS", "KMS_DSSE"},
		"images would not be encrypted with the platform's key [ECR.5]"},
	{"ecr-immutable-tags", "AWS::ECR::Repository", "ImageTagMutability", []string{"IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION"},
		"a tag in Git could come to mean another image [ECR.2]"},
	{"s3-public-access", "AWS::S3::Bucket", "PublicAccessBlockConfiguration.BlockPublicAcls", []string{"true"}, "objects could become public [S3.8]"},
	{"s3-public-access", "AWS::S3::Bucket", "PublicAccessBlockConfiguration.BlockPublicPolicy", []string{"true"}, "the bucket could become public [S3.8]"},
	{"s3-public-access", "AWS::S3::Bucket", "PublicAccessBlockConfiguration.IgnorePublicAcls", []string{"true"}, "objects could become public [S3.8]"},
	{"s3-public-access", "AWS::S3::Bucket", "PublicAccessBlockConfiguration.RestrictPublicBuckets", []string{"true"}, "the bucket could become public [S3.8]"},
	{"flow-log-traffic", "AWS::EC2::FlowLog", "TrafficType", []string{"ALL"},
		"the log would miss accepted or rejected connections [EC2.6]"},
	{"pipeline-type", "AWS::CodePipeline::Pipeline", "PipelineType", []string{"V2"},
		"a V1 pipeline has no triggers, no variables and no execution mode"},
	{"pipeline-execution-mode", "AWS::CodePipeline::Pipeline", "ExecutionMode", []string{"QUEUED"},
		"with another mode a commit can be skipped, or an older image can be released after a newer one"},
	{"event-rule-state", "AWS::Events::Rule", "State", []string{"", "ENABLED"}, "the rule never fires"},
	{"build-logs", "AWS::CodeBuild::Project", "LogsConfig.CloudWatchLogs.Status", []string{"ENABLED"},
		"a failed build would leave no trace [CodeBuild.4]"},
	{"build-visibility", "AWS::CodeBuild::Project", "Visibility", []string{"", "PRIVATE"}, "anybody could read the build's log"},
	{"launch-template-imdsv2", "AWS::EC2::LaunchTemplate", "LaunchTemplateData.MetadataOptions.HttpTokens", []string{"required"},
		"any process on a node could fetch its role's credentials with one GET [EC2.170]"},
	{"launch-template-hops", "AWS::EC2::LaunchTemplate", "LaunchTemplateData.MetadataOptions.HttpPutResponseHopLimit", []string{"1"},
		"pods could reach the node's credentials"},
	{"instance-imdsv2", "AWS::EC2::Instance", "MetadataOptions.HttpTokens", []string{"required"},
		"any process on it could fetch its role's credentials with one GET [EC2.8]"},
}

var expectationRules = rulesOf(expectations)

// rulesOf makes a rule of the expectations with the same id.
func rulesOf(all []expectation) []rule {
	var made []rule
	for i, e := range all {
		if i == 0 || all[i-1].rule != e.rule {
			made = append(made, rule{id: e.rule, check: func(v *review) {
				for _, e := range all {
					if e.rule == v.rule {
						each(e.check, e.kind)(v)
					}
				}
			}})
		}
	}
	return made
}

func (e expectation) check(v *review, r *assembly.Resource) {
	value := at(r.Properties, strings.Split(e.property, ".")...)
	if slices.Contains(e.want, v.text(r.Stack, value)) {
		return
	}
	want := slices.DeleteFunc(slices.Clone(e.want), func(s string) bool { return s == "" })
	v.wrong(r, fmt.Sprintf("set %s to %s", e.property, one(want)),
		"%s is %s, want %s: %s", e.property, shown(v.text(r.Stack, value)), one(want), e.because)
}
