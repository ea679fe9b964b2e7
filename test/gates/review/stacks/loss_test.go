package stacks

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/gates/review/change"
)

func resource(kind, properties, rest string) string {
	return fmt.Sprintf(`{"Type":%q,"Properties":{%s}%s}`, kind, properties, rest)
}

func TestLossIsARisk(t *testing.T) {
	const vpc, ecr, logs, cluster = "AWS::EC2::VPC", "AWS::ECR::Repository", "AWS::Logs::LogGroup", "AWS::EKS::Cluster"
	for _, c := range []struct {
		name, old, head string
		accept          change.Keyword
		what            string
	}{
		{"a replaced VPC", resource(vpc, `"CidrBlock":"10.0.0.0/16"`, ""), resource(vpc, `"CidrBlock":"10.9.0.0/16"`, ""),
			change.AllowReplacement, "the EC2 VPC is replaced (CidrBlock: 10.0.0.0/16 → 10.9.0.0/16). Lost: the network and all that is in it"},
		{"a renamed repository", resource(ecr, `"RepositoryName":"a"`, ""), resource(ecr, `"RepositoryName":"b"`, ""),
			change.AllowReplacement, "Lost: the images, which clusters pull"},
		{"a retained one, replaced", resource(ecr, `"RepositoryName":"a"`, `,"UpdateReplacePolicy":"Retain"`), resource(ecr, `"RepositoryName":"b"`, `,"UpdateReplacePolicy":"Retain"`),
			change.AllowReplacement, "the old one stays, and nothing manages it; the new one is empty"},
		{"another type", resource(ecr, `"RepositoryName":"a"`, ""), resource(logs, ``, ""),
			change.AllowReplacement, "type: AWS::ECR::Repository → AWS::Logs::LogGroup"},
		{"a deleted key", resource("AWS::KMS::Key", ``, ""), "",
			change.AllowDeletion, "the KMS Key is deleted. Lost: the key: what it encrypts cannot be read without it"},
		{"an orphaned bucket", resource("AWS::S3::Bucket", ``, `,"DeletionPolicy":"Retain"`), "",
			change.AllowDeletion, "it stays, and nothing manages it"},
		{"a removed chart", resource("Custom::AWSCDK-EKS-HelmChart", `"Release":"flux"`, ""), "",
			change.AllowDeletion, "Lost: the release and all that it installed"},
		{"a removed sync", resource("Custom::AWSCDK-EKS-KubernetesResource", `"Manifest":"[{\"kind\":\"Kustomization\",\"metadata\":{\"name\":\"tenants\"}}]"`, ""), "",
			change.AllowDeletion, "Kustomization tenants: all that it applied"},
		{"no longer retained", resource(ecr, ``, `,"DeletionPolicy":"Retain"`), resource(ecr, ``, `,"DeletionPolicy":"Delete"`),
			change.AllowDeletion, "is no longer kept: DeletionPolicy is Delete, was Retain"},
		{"Kubernetes back", resource(cluster, `"Version":"1.36"`, ""), resource(cluster, `"Version":"1.35"`, ""),
			change.AllowReplacement, "Version: 1.36 → 1.35: a deployment rolls no cluster back"},
		{"Kubernetes two versions up", resource(cluster, `"Version":"1.34"`, ""), resource(cluster, `"Version":"1.36"`, ""),
			change.AllowReplacement, "Version: 1.34 → 1.36: EKS upgrades one minor version at a time"},
		{"Auto Mode off", resource(cluster, `"ComputeConfig":{"Enabled":true}`, ""), resource(cluster, `"ComputeConfig":{"Enabled":false}`, ""),
			change.AllowReplacement, "EKS Auto Mode is switched off: its nodes end"},
		{"Auto Mode on", resource(cluster, ``, ""), resource(cluster, `"ComputeConfig":{"Enabled":true}`, ""),
			change.AllowReplacement, "EKS Auto Mode is switched on and the node groups go"},
		{"no deletion protection", resource(cluster, `"DeletionProtection":true`, ""), resource(cluster, `"DeletionProtection":false`, ""),
			change.AllowDeletion, "DeletionProtection is off: nothing refuses a deletion"},
		{"logs for a shorter time", resource(logs, `"RetentionInDays":90`, ""), resource(logs, `"RetentionInDays":7`, ""),
			change.AllowDeletion, "RetentionInDays: keeps 7 days of logs, was 90"},
		{"logs no longer for ever", resource(logs, ``, ""), resource(logs, `"RetentionInDays":7`, ""),
			change.AllowDeletion, "keeps 7 days of logs, was not set"},
		{"fewer images", resource(ecr, `"LifecyclePolicy":{"LifecyclePolicyText":"{\"rules\":[{\"selection\":{\"countNumber\":50}}]}"}`, ""), resource(ecr, `"LifecyclePolicy":{"LifecyclePolicyText":"{\"rules\":[{\"selection\":{\"countNumber\":5}}]}"}`, ""),
			change.AllowDeletion, "countNumber: keeps 5 images or days of images, was 50"},
		{"emptied on deletion", resource(ecr, ``, ""), resource(ecr, `"EmptyOnDelete":true`, ""),
			change.AllowDeletion, "EmptyOnDelete is on: a deletion takes the content, too"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := one(t, c.old, c.head)
			require.Len(t, r.Risks, 1)
			require.Equal(t, "dev-network/X", r.Risks[0].Name)
			require.Equal(t, change.Loss, r.Risks[0].Class)
			require.Equal(t, c.accept, r.Risks[0].Accept)
			require.Contains(t, said(r.Risks[0]), c.what)
			require.True(t, r.Failed())
		})
	}
}

func TestWhatLosesNothingIsNoRisk(t *testing.T) {
	for _, c := range []struct{ name, old, head string }{
		{"a longer retention", resource("AWS::Logs::LogGroup", `"RetentionInDays":7`, ""), resource("AWS::Logs::LogGroup", `"RetentionInDays":90`, "")},
		{"the next Kubernetes", resource("AWS::EKS::Cluster", `"Version":"1.35"`, ""), resource("AWS::EKS::Cluster", `"Version":"1.36"`, "")},
		{"a new bucket", "", resource("AWS::S3::Bucket", ``, "")},
		{"a removed rule", resource("AWS::Events::Rule", ``, ""), ""},
		{"protection", resource("AWS::EKS::Cluster", `"DeletionProtection":false`, ""), resource("AWS::EKS::Cluster", `"DeletionProtection":true`, "")},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := one(t, c.old, c.head)
			require.Empty(t, r.Risks)
			require.Len(t, r.Changes, 1)
		})
	}
}

func TestARenamedConstructIsRecognized(t *testing.T) {
	const body = `{"Type":"AWS::CodeCommit::Repository","Properties":{"RepositoryName":"config","KmsKeyId":{"Ref":%q}}}`
	r := compare(t,
		side{"delivery": {"Old": fmt.Sprintf(body, "A")}},
		side{"delivery": {"New": fmt.Sprintf(body, "B")}})
	require.Len(t, r.Risks, 1)
	require.Contains(t, said(r.Risks[0]), "created anew as delivery/New: CloudFormation knows a resource by the id of its construct")
}

func TestReplacementGoesOnThroughReferencesAndStacks(t *testing.T) {
	for name, subnet := range map[string]string{
		"weak":   `{"Fn::GetStackOutput":{"StackName":"platform-dev-network","OutputName":"Subnet"}}`,
		"strong": `{"Fn::ImportValue":"platform-dev-network:Subnet"}`,
	} {
		t.Run(name, func(t *testing.T) {
			build := func(cidr string) side {
				return side{
					"dev-network": {
						"Vpc":     resource("AWS::EC2::VPC", `"CidrBlock":"`+cidr+`"`, ""),
						"Subnet":  resource("AWS::EC2::Subnet", `"VpcId":{"Ref":"Vpc"}`, ""),
						"Outputs": `{"Subnet":{"Value":{"Ref":"Subnet"},"Export":{"Name":"platform-dev-network:Subnet"}}}`,
					},
					"dev-cluster": {"Cluster": resource("AWS::EKS::Cluster", `"ResourcesVpcConfig":{"SubnetIds":[`+subnet+`]}`, "")},
				}
			}
			r := compare(t, build("10.0.0.0/16"), build("10.9.0.0/16"))
			require.Len(t, r.Risks, 1, "one decision, one risk")
			require.Equal(t, "Allow-Replacement: dev-network/Vpc", r.Risks[0].Line())
			require.Contains(t, said(r.Risks[0]), "dev-network/Subnet is replaced with it")
			require.Contains(t, said(r.Risks[0]), "dev-cluster/Cluster cannot follow: EKS moves no cluster to another VPC")
		})
	}
}

func TestStacksThatGoOrMove(t *testing.T) {
	bucket := map[string]string{"B": resource("AWS::S3::Bucket", ``, "")}
	r := compare(t, side{"dev-network": bucket, "prod-network": bucket}, side{"dev-network": bucket})
	require.Len(t, r.Risks, 1)
	require.Equal(t, "Allow-Deletion: prod-network", r.Risks[0].Line())
	require.Contains(t, said(r.Risks[0]), "in it prod-network/B: the objects in the bucket")

	base, head := side{"dev-network": bucket}.read(t), side{"dev-network": bucket}.read(t)
	base.Stacks[0].Region, head.Stacks[0].Region = "eu-west-1", "us-east-1"
	moved, err := Compare(t.Context(), worker, base, head)
	require.NoError(t, err)
	require.Contains(t, moved.Risks[0].What, "region: eu-west-1 → us-east-1")
}

func TestANewStackIsOneChange(t *testing.T) {
	bucket := map[string]string{"B": resource("AWS::S3::Bucket", ``, "")}
	r := compare(t, side{"dev-network": bucket}, side{"dev-network": bucket, "prod-network": bucket})
	require.Empty(t, r.Risks)
	require.Len(t, r.Changes, 1)
	require.Equal(t, "1 resources", r.Changes[0].Short)
}

func TestANewAssetIsOneLine(t *testing.T) {
	function := func(hash string) string {
		return resource("AWS::Lambda::Function", `"Code":{"S3Key":"`+strings.Repeat(hash, 64)+`.zip"}`, "")
	}
	r := one(t, function("a"), function("b"))
	require.Equal(t, []change.Change{{Environment: "dev", Part: "dev-network", Action: change.Code, Name: "dev-network/X"}}, r.Changes)
	require.Empty(t, one(t, function("a"), function("a")).Changes)
}

func TestManifestsAreComparedByObject(t *testing.T) {
	manifest := func(interval, name string) string {
		return resource("Custom::AWSCDK-EKS-KubernetesResource", fmt.Sprintf(
			`"Manifest":{"Fn::Join":["",["[{\"kind\":\"GitRepository\",\"metadata\":{\"name\":\"%s\",\"annotations\":{\"reconcile.fluxcd.io/requestedAt\":\"%s\"}},\"spec\":{\"interval\":\"%s\",\"url\":\"https://",{"Ref":"AWS::Region"},"\"}}]"]]}`, name, interval, interval), "")
	}
	r := one(t, manifest("1m", "a"), manifest("5m", "a"))
	require.Empty(t, r.Risks)
	require.Equal(t, "Manifest.GitRepository a.spec.interval: 1m → 5m", r.Changes[0].Short)

	r = one(t, manifest("1m", "a"), manifest("1m", "b"))
	require.Contains(t, r.Risks[0].What, "GitRepository a is no longer in the manifest, or has another name")
}
