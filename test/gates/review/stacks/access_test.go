package stacks

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/gates/review/change"
)

// policy is one of the role that is there already.
func policy(statements string) string {
	return resource("AWS::IAM::Policy", `"Roles":[{"Ref":"Role"}],"PolicyDocument":{"Statement":[`+statements+`]}`, "")
}

func statements(effect, actions, resource string) string {
	return fmt.Sprintf(`{"Effect":%q,"Action":[%s],"Resource":%q}`, effect, actions, resource)
}

func group(rules string) string {
	return resource("AWS::EC2::SecurityGroup", `"SecurityGroupIngress":[`+rules+`]`, "")
}

func cluster(config string) string {
	return resource("AWS::EKS::Cluster", `"ResourcesVpcConfig":{`+config+`}`, "")
}

func TestWiderAccessIsARisk(t *testing.T) {
	const tcp = `{"IpProtocol":"tcp","FromPort":443,"ToPort":443,"CidrIp":%q}`
	for _, c := range []struct{ name, old, head, what string }{
		{"an action more", policy(statements("Allow", `"s3:GetObject"`, "arn:b/*")), policy(statements("Allow", `"s3:GetObject","s3:DeleteObject"`, "arn:b/*")),
			"dev-network/Role may s3:DeleteObject on arn:b/*"},
		{"a wider resource", policy(statements("Allow", `"s3:GetObject"`, "arn:b/x")), policy(statements("Allow", `"s3:GetObject"`, "*")),
			"may s3:GetObject on *"},
		{"a policy more", "", policy(statements("Allow", `"s3:GetObject"`, "*")), "may s3:GetObject on *"},
		{"no denial", policy(statements("Deny", `"s3:*"`, "*")), policy(statements("Deny", `"s3:Put*"`, "*")), "s3:* on * is no longer denied"},
		{"another account trusted", resource("AWS::IAM::Role", `"AssumeRolePolicyDocument":{"Statement":[]}`, ""),
			resource("AWS::IAM::Role", `"AssumeRolePolicyDocument":{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::999999999999:root"}}]}`, ""),
			"999999999999"},
		{"a new role for strangers", "",
			resource("AWS::IAM::Role", `"AssumeRolePolicyDocument":{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"*"}}]}`, ""),
			"AWS:* may sts:AssumeRole"},
		{"a managed policy", resource("AWS::IAM::Role", `"AssumeRolePolicyDocument":{"Statement":[]}`, ""),
			resource("AWS::IAM::Role", `"AssumeRolePolicyDocument":{"Statement":[]},"ManagedPolicyArns":["arn:aws:iam::aws:policy/ReadOnlyAccess"]`, ""),
			"managed policy arn:aws:iam::aws:policy/ReadOnlyAccess"},
		{"a new administrator", "",
			resource("AWS::IAM::Role", `"AssumeRolePolicyDocument":{"Statement":[]},"ManagedPolicyArns":["arn:aws:iam::aws:policy/AdministratorAccess"]`, ""),
			"AdministratorAccess"},
		{"a port more", group(``), group(fmt.Sprintf(tcp, "10.0.0.0/16")), "lets in tcp 443, peer 10.0.0.0/16"},
		{"a wider peer", group(fmt.Sprintf(tcp, "10.0.0.0/16")), group(fmt.Sprintf(tcp, "10.0.0.0/8")), "lets in tcp 443, peer 10.0.0.0/8"},
		{"a new group for all", "", group(fmt.Sprintf(tcp, "0.0.0.0/0")), "peer 0.0.0.0/0"},
		{"a public endpoint", cluster(`"EndpointPublicAccess":false`), cluster(`"EndpointPublicAccess":true`), "opens the API server to the internet: 0.0.0.0/0"},
		{"a wider endpoint", cluster(`"EndpointPublicAccess":true,"PublicAccessCidrs":["192.0.2.0/24"]`), cluster(`"EndpointPublicAccess":true,"PublicAccessCidrs":["192.0.2.0/25","198.51.100.0/24"]`), "opens the API server to 198.51.100.0/24"},
		{"public addresses", resource("AWS::EC2::Subnet", ``, ""), resource("AWS::EC2::Subnet", `"MapPublicIpOnLaunch":true`, ""), "public address"},
		{"a public bucket", resource("AWS::S3::Bucket", `"PublicAccessBlockConfiguration":{"BlockPublicPolicy":true}`, ""), resource("AWS::S3::Bucket", ``, ""), "no longer blocks public access: BlockPublicPolicy"},
		{"tags that move", resource("AWS::ECR::Repository", `"ImageTagMutability":"IMMUTABLE"`, ""), resource("AWS::ECR::Repository", `"ImageTagMutability":"MUTABLE"`, ""), "lets tags of images be moved"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := one(t, c.old, c.head)
			require.NotEmpty(t, r.Risks)
			require.Equal(t, change.Access, r.Risks[0].Class)
			require.Equal(t, "Allow-Access: dev-network/X", r.Risks[0].Line())
			require.Contains(t, said(r.Risks[0]), c.what)
			require.True(t, r.Failed())
		})
	}
}

func TestARouteToTheInternetIsARisk(t *testing.T) {
	const table = `{"Type":"AWS::EC2::RouteTable"}`
	r := compare(t, side{"dev-network": {"Table": table}}, side{"dev-network": {"Table": table,
		"Route": resource("AWS::EC2::Route", `"RouteTableId":{"Ref":"Table"},"DestinationCidrBlock":"0.0.0.0/0","GatewayId":{"Ref":"IGW"}`, "")}})
	require.Contains(t, r.Risks[0].What, "sends 0.0.0.0/0 to an internet gateway")
}

func TestANewAdministratorOfAClusterIsARisk(t *testing.T) {
	const known = `{"Type":"AWS::EKS::Cluster"}`
	r := compare(t, side{"dev-cluster": {"Cluster": known}}, side{"dev-cluster": {"Cluster": known,
		"Admin": resource("AWS::EKS::AccessEntry", `"ClusterName":{"Ref":"Cluster"},"PrincipalArn":"arn:aws:iam::111111111111:role/ops"`, "")}})
	require.Contains(t, r.Risks[0].What, "gives somebody access to the cluster: arn:aws:iam::111111111111:role/ops")
}

func TestNarrowerAccessIsNoRisk(t *testing.T) {
	const tcp = `{"IpProtocol":"tcp","FromPort":443,"ToPort":443,"CidrIp":%q}`
	for _, c := range []struct{ name, old, head string }{
		{"an action less", policy(statements("Allow", `"s3:Get*","s3:Put*"`, "arn:b/*")), policy(statements("Allow", `"s3:GetObject"`, "arn:b/x"))},
		{"a narrower peer", group(fmt.Sprintf(tcp, "10.0.0.0/8")), group(fmt.Sprintf(tcp, "10.0.0.0/16"))},
		{"a private endpoint", cluster(`"EndpointPublicAccess":true`), cluster(`"EndpointPublicAccess":false`)},
		{"the rights of a new role", "", resource("AWS::IAM::Role", `"AssumeRolePolicyDocument":{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"pods.eks.amazonaws.com"}}]},"Policies":[{"PolicyName":"p","PolicyDocument":{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}}]`, "")},
	} {
		t.Run(c.name, func(t *testing.T) { require.Empty(t, one(t, c.old, c.head).Risks) })
	}
}

func TestEnvironmentOfAStack(t *testing.T) {
	for stack, want := range map[string]string{"dev-network": "dev", "a-b-gitops": "a-b", "delivery": "delivery", "ci": "ci", "app-hello": "app-hello", "app-a-b": "app-a-b"} {
		require.Equal(t, want, Environment(stack))
	}
}
