package config

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Each case breaks one setting of a valid object, and gives the one line that
// must come of it. The line begins with the path that was broken, unless said
// otherwise.
func TestOneMistakeMakesOneLine(t *testing.T) {
	const (
		env     = "environments[0]."
		net     = env + "network."
		groups  = env + "compute.nodeGroups"
		existed = "environments[1].network."
		slugs   = "of a-z, 0-9 and single '-' between them, starting with a letter"
		arn     = "the ARN of an IAM role or user"
		git     = "an https:// or ssh:// URL of a Git repository"
		hub     = "owner/name of a GitHub repository, or owner@id/name@id"
		days    = "a number of days that CloudWatch Logs knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653"
	)
	long := strings.Repeat("x", 400)
	for _, c := range []struct {
		base, path string
		value      any
		want       string // the rest of the line behind the path, or a whole line
	}{
		// Names
		{full, "name", "My Platform", `"My Platform" is not allowed, want 2 to 20 ` + slugs + `; use "my-platform"`},
		{full, "name", "a", `"a" is not allowed, want 2 to 20 ` + slugs + `; change it`},
		{full, "name", "platform-of-the-whole-company", `"platform-of-the-whole-company" is not allowed, want 2 to 20 ` + slugs + `; shorten it`},
		{full, "name", "a--b", `"a--b" is not allowed, want 2 to 20 ` + slugs + `; use "a-b"`},
		{full, env + "name", nil, `is missing, want 2 to 16 ` + slugs + `; add it`},
		{full, env + "name", "1st", `"1st" is not allowed, want 2 to 16 ` + slugs + `; use "environment-1st"`},
		{full, env + "name", "delivery", `"delivery" is not allowed, want another name: the stack delivery has this one; rename the environment`},
		{full, env + "name", "app", `"app" is not allowed, want another name: the stacks of the apps begin with app-; rename the environment`},
		{full, env + "name", "app-dev", `"app-dev" is not allowed, want another name: the stacks of the apps begin with app-; rename the environment`},
		{full, "environments[1].name", "dev", `"dev" is not allowed, want a name that no other of the environments has; rename it, [0] has the same`},
		{full, "apps[0].name", nil, `is missing, want 2 to 40 ` + slugs + `; add it`},
		{full, "apps[1].name", "shop", `"shop" is not allowed, want a name that no other of the apps has; rename it, [0] has the same`},
		{full, "apps[1].name", "config", `"config" is not allowed, want another name: the config repository has this one; rename the app`},
		{full, "apps[1].name", "flux-system", `"flux-system" is not allowed, want another name: the app's namespace would be one of the cluster's own; rename the app`},
		{full, "apps[1].name", "kube-shop", `"kube-shop" is not allowed, want another name: the app's namespace would be one of the cluster's own; rename the app`},
		{full, groups + "[1].name", "main", `"main" is not allowed, want a name that no other of the node groups has; rename it, [0] has the same`},

		// Tags
		{full, "apps[1].name", "tenants", `"tenants" is not allowed, want another name: an object of the platform in the namespace flux-system has this one; rename the app`},
		{full, "apps[1].name", "helm-controller", `"helm-controller" is not allowed, want another name: an account of Flux in the namespace flux-system has this one; rename the app`},
		{full, "environments[0].name", "base", `"base" is not allowed, want another name: apps/base in the config repository holds what the environments share; rename the environment`},
		{full, "tags.Team", "y", `platform.tags.team: the key "team" is not allowed, want keys that differ by more than case, IAM takes them for the same; remove it, or "Team"`},
		{full, "tags.name", "y", `platform.tags.name: the key "name" is not allowed, want another key: the CDK sets "Name", which IAM takes for the same; change the key`},
		{full, "tags.Name", "y", ``},
		{full, "tags.aws:x", "y", `platform.tags["aws:x"]: the key "aws:x" is not allowed, want a key without the prefix aws:, which AWS keeps to itself; change the key`},
		{full, "tags.a*", "y", `platform.tags["a*"]: the key "a*" is not allowed, want a key of 1 to 128 letters, digits, spaces and _.:/=+-@; change the key`},
		{full, "tags.team", "a,b", `"a,b" is not allowed, want at most 256 letters, digits, spaces and _.:/=+-@; change the value`},

		// The config repository
		{full, "config.source", "github", `"github" is not allowed, want "codecommit" or "git"; choose one of them`},
		{full, "config.url", nil, `is missing, want the repository's URL beside source "git"; add it, or use source "codecommit"`},
		{full, "config.url", "http://git.acme.example/a/b", `"http://git.acme.example/a/b" is not allowed, want ` + git + `; use "https://git.acme.example/a/b"`},
		{full, "config.url", "git@github.com:acme/config.git", `"git@github.com:acme/config.git" is not allowed, want ` + git + `; use "ssh://git@github.com/acme/config.git"`},
		{full, "config.url", "https://bot:hunter2@github.com/a/b", `"https://***@github.com/a/b" is not allowed, want a URL without credentials; remove them, put them into a Secret and name it in secretName`},
		{full, "config.url", "ssh://git:hunter2@github.com/a/b", `"ssh://***@github.com/a/b" is not allowed, want a URL without credentials; remove them, put them into a Secret and name it in secretName`},
		{full, "config.url", "https://git.acme.example", `"https://git.acme.example" is not allowed, want ` + git + `; add the repository's path`},
		{full, "config.url", "https://git.acme.example/a?ref=x", `"https://git.acme.example/a?ref=x" is not allowed, want a URL without query and fragment; use "https://git.acme.example/a"; flux.branch sets the branch`},
		{full, "config.url", "ftp://git.acme.example/a", `"ftp://git.acme.example/a" is not allowed, want ` + git + `; use one of these schemes`},
		{full, "config.url", "acme/config", `"acme/config" is not allowed, want ` + git + `; use one like https://git.example.com/owner/repository`},
		{full, "config.secretName", "Git", `"Git" is not allowed, want the name of a Kubernetes Secret, of a-z, 0-9, '-' and '.'; use "git"`},
		{full, "config.secretName", "ghp_0123456789abcdef", `"***" is not allowed, want the name of a Kubernetes Secret, of a-z, 0-9, '-' and '.'; change it`},

		// Delivery
		{full, "delivery.account", nil, ``}, // the first environment's
		{full, "delivery.account", "3333-3333-3333", `"3333-3333-3333" is not allowed, want an AWS account of 12 digits, in quotes; use "333333333333"`},
		{full, "delivery.alertEmails[0]", "Ops <ops@acme.example>", `"Ops <ops@acme.example>" is not allowed, want an e-mail address without a name; use "ops@acme.example"`},
		{full, "delivery.alertEmails[0]", "ops", `"ops" is not allowed, want an e-mail address without a name; use one like ops@example.com`},
		{full, "delivery.alertEmails[1]", "ops@acme.example", `"ops@acme.example" is not allowed, want each item once; remove it, [0] is the same`},
		{full, "delivery.logRetentionDays", 100, `100 is not allowed, want ` + days + `; use 120`},
		{full, "delivery.logRetentionDays", 9999, `9999 is not allowed, want ` + days + `; use 3653`},
		{full, "delivery.buildKitImage", "moby/buildkit:latest", `"moby/buildkit:latest" is not allowed, want the reference of an image, with its digest; change it`},

		// Apps
		{full, "apps[0].source.type", "github", `"github" is not allowed, want "codecommit" or "connection"; choose one of them`},
		{full, "apps[0].source.connectionArn", nil, `is missing, want the repository behind the connection beside type "connection"; add it, or use type "codecommit"`},
		{full, "apps[0].source.connectionArn", "arn:aws:iam::333333333333:role/x", `"arn:aws:iam::333333333333:role/x" is not allowed, want the ARN of a CodeConnections connection; change it`},
		{full, "apps[0].source.repository", "acme/shop", `"acme/shop" is not allowed, want the name of a repository without its owner; use "shop"`},
		{full, "apps[0].source.branch", "refs/heads/main", `"refs/heads/main" is not allowed, want the name of a branch; use "main"`},
		{full, "apps[0].source.branch", "a..b", `"a..b" is not allowed, want the name of a branch; change it: git refuses it`},
		{full, "apps[0].source.branch", "-x", `"-x" is not allowed, want the name of a branch; change it`},
		{full, "apps[0].source.paths", strings.Split("abcdefghi", ""), `["a","b","c","d","e","f","g","h","i"] is not allowed, want at most 8 globs; remove some`},
		{full, "apps[0].source.paths[0]", long, `"` + long[:79] + `… is not allowed, want a glob of at most 255 characters; shorten it`},
		{full, "apps[1].source.owner", "acme", `"acme" is not allowed, want nothing beside type "codecommit"; remove it, or use type "connection"`},
		{full, "apps[1].source.paths", []string{"x"}, `["x"] is not allowed, want no filters beside type "codecommit", whose events do not name files; remove it, or use type "connection"`},
		{full, "apps[0].platforms[1]", "linux/amd64", `"linux/amd64" is not allowed, want each item once; remove it, [0] is the same`},
		{full, "apps[0].platforms[1]", "linux/arm", `"linux/arm" is not allowed, want "linux/amd64" or "linux/arm64"; use "linux/arm64"`},
		{full, "apps[0].platforms", []string{}, `[] is not allowed, want at least one item; give one, or remove the key for the default, ["linux/amd64"]`},
		{full, "apps[0].platforms", []string{"linux/arm64"}, `["linux/arm64"] is not allowed, want one that runs in environment "prod", whose nodes are amd64; add "linux/amd64", or use mode "node-groups" with nodes that fit`},
		{full, groups + "[0].architecture", "arm64", `platform.apps[1].platforms: ["linux/amd64"] is not allowed, want one that runs in environment "dev", whose nodes are arm64; add "linux/arm64", or add nodes that fit`},
		{full, "apps[0].scanThreshold", "hihg", `"hihg" is not allowed, want "low", "medium", "high", "critical" or "none"; use "high"`},
		{full, "apps[0].keepImages", 1001, `1001 is not allowed, want a whole number from 1 to 1000; use 1000`},
		{full, "apps[0].keepImages", -1, `-1 is not allowed, want a whole number from 1 to 1000; use 1`},

		// Accounts and Regions
		{full, env + "account", "1111", `"1111" is not allowed, want an AWS account of 12 digits, in quotes; change it`},
		{isolated, env + "account", "1111", `"1111" is not allowed, want an AWS account of 12 digits, in quotes; change it`},
		{full, env + "account", nil, `is missing, want an account beside the region "us-east-1"; add it, or remove region`},
		{isolated, env + "region", nil, `is missing, want a Region beside the account "111111111111"; add it, or remove account`},
		{full, env + "region", "US-East-1", `"US-East-1" is not allowed, want an AWS Region, such as us-east-1; use "us-east-1"`},
		{full, env + "region", "us-east-1a", `"us-east-1a" is not allowed, want an AWS Region, such as us-east-1; use "us-east-1"`},
		{`{}`, "delivery.region", "us-east-1", `platform.delivery.account: is missing, want an account beside the region "us-east-1"; add it, or remove region`},

		// A new VPC
		{full, net + "cidr", "10.0.0.7/16", `"10.0.0.7/16" is not allowed, want a network address without host bits; use "10.0.0.0/16"`},
		{full, net + "cidr", "10.0.0.0", `"10.0.0.0" is not allowed, want an IPv4 CIDR such as 10.0.0.0/16; add a prefix length, as in "10.0.0.0/32"`},
		{full, net + "cidr", "ten", `"ten" is not allowed, want an IPv4 CIDR such as 10.0.0.0/16; change it`},
		{full, net + "cidr", "fd00::/16", `"fd00::/16" is not allowed, want an IPv4 CIDR such as 10.0.0.0/16; use an IPv4 range`},
		{full, net + "cidr", "8.8.0.0/16", `"8.8.0.0/16" is not allowed, want a private range: of 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10; use one like "10.0.0.0/16"`},
		{full, net + "cidr", "10.0.0.0/24", `"10.0.0.0/24" is not allowed, want a prefix length of 16 to 18: a VPC is no larger, and a smaller one leaves too few addresses to the pods; use one like "10.0.0.0/18"`},
		{full, net + "cidr", "10.0.0.0/8", `"10.0.0.0/8" is not allowed, want a prefix length of 16 to 18: a VPC is no larger, and a smaller one leaves too few addresses to the pods; use one like "10.0.0.0/16"`},
		{`{"environments":[{"name":"one"},{"name":"two"}]}`, "environments[1].network.cidr", "10.0.128.0/17",
			`"10.0.128.0/17" is not allowed, want a range that no other environment has, and "one" has "10.0.0.0/16"; use a free one, such as "10.1.0.0/16"`},
		{full, net + "availabilityZones[1]", "us-east-1a", `"us-east-1a" is not allowed, want each item once; remove it, [0] is the same`},
		{full, net + "availabilityZones[1]", "eu-west-1b", `"eu-west-1b" is not allowed, want a zone of the environment's Region us-east-1; use one like "us-east-1b"`},
		{full, net + "availabilityZones[1]", "us-east-1-bos-1a", `"us-east-1-bos-1a" is not allowed, want the name of an availability zone, such as us-east-1a; change it`},
		{full, net + "availabilityZones", []string{"us-east-1a"}, `["us-east-1a"] is not allowed, want 2 to 6 zones; add some`},
		{full, net + "availabilityZoneCount", 2, `2 is not allowed, want either a count or names of zones; remove it; availabilityZones has 2`},
		{isolated, net + "availabilityZoneCount", 7, `7 is not allowed, want a whole number from 2 to 6; use 6`},
		{`{"environments":[{"name":"dev","account":"111111111111","region":"us-west-1"}]}`, net + "availabilityZoneCount", 3,
			`3 is not allowed, want at most 2, all that EKS runs in in us-west-1; use 2`},
		{`{"environments":[{"name":"dev"}]}`, net + "availabilityZones", []string{"us-east-1a", "us-east-1b"},
			`["us-east-1a","us-east-1b"] is not allowed, want names of zones only beside account and region; add these two to the environment, or use availabilityZoneCount`},
		{full, net + "nat", "per-zone", `"per-zone" is not allowed, want "single", "per-az" or "none"; choose one of them`},
		{full, net + "privateSubnetIds", []string{"subnet-11111111", "subnet-22222222"},
			`["subnet-11111111","subnet-22222222"] is not allowed, want subnets only beside vpcId; add vpcId, or remove privateSubnetIds`},
		{full, net + "interfaceEndpoints[0]", "com.amazonaws.us-east-1.ecr.dkr", `"com.amazonaws.us-east-1.ecr.dkr" is not allowed, want the short name of an AWS service, such as ecr.api; use "ecr.dkr"`},
		{full, net + "interfaceEndpoints[0]", "eks-atuh", `"eks-atuh" is not allowed, want the short name of an AWS service, such as ecr.api; use "eks-auth"`},
		{full, net + "interfaceEndpoints[0]", "firehos", `"firehos" is not allowed, want the short name of an AWS service, such as ecr.api; use "kinesis-firehose"`},
		{full, net + "interfaceEndpoints[0]", "efs", `"efs" is not allowed, want the short name of an AWS service, such as ecr.api; use "elasticfilesystem"`},
		{full, net + "interfaceEndpoints[0]", "ebs", ``},
		{full, net + "interfaceEndpoints[0]", "com.amazonaws.s3-global.accesspoint", `"com.amazonaws.s3-global.accesspoint" is not allowed, want the short name of an AWS service, such as ecr.api, whose endpoint is the Region's; remove it: the program makes those of the environment's Region only`},
		{full, net + "interfaceEndpoints[0]", "s3", `"s3" is not allowed, want no s3, which every VPC has a gateway endpoint for; remove it`},
		{full, net + "interfaceEndpoints[0]", "ECR", `"ECR" is not allowed, want the short name of an AWS service, such as ecr.api; change it`},

		// An existing VPC
		{full, existed + "vpcId", "vpc-XYZ", `"vpc-XYZ" is not allowed, want the id of a VPC, vpc- and 8 to 17 hexadecimal digits; change it`},
		{full, existed + "cidr", "10.9.0.0/16", `"10.9.0.0/16" is not allowed, want nothing beside vpcId, the existing VPC has its own; remove it`},
		{full, existed + "nat", "single", `"single" is not allowed, want nothing beside vpcId, the existing VPC has its own; remove it`},
		{full, existed + "availabilityZoneCount", 2, `2 is not allowed, want nothing beside vpcId, the existing VPC has its own; remove it`},
		{full, existed + "interfaceEndpoints", []string{"sqs"}, `["sqs"] is not allowed, want nothing beside vpcId, the existing VPC has its own; remove it`},
		{full, existed + "availabilityZones", nil, `is missing, want the zones of the subnets beside vpcId; name them, in the order of privateSubnetIds`},
		{full, existed + "privateSubnetIds", nil, `is missing, want the private subnets beside vpcId; give their ids, one in each of availabilityZones`},
		{full, existed + "privateSubnetIds[2]", "subnet-55555555", `platform.environments[1].network.privateSubnetIds: ["subnet-11111111","subnet-22222222","subnet-55555555"] is not allowed, want one in each of the 2 availabilityZones, in the same order; give 2 ids`},
		{full, existed + "publicSubnetIds[2]", "subnet-55555555", `platform.environments[1].network.publicSubnetIds: ["subnet-33333333","subnet-44444444","subnet-55555555"] is not allowed, want one in each of the 2 availabilityZones, in the same order; give 2 ids`},
		{full, existed + "publicSubnetIds[0]", "sn-1", `"sn-1" is not allowed, want the id of a subnet, subnet- and 8 to 17 hexadecimal digits; change it`},

		// No way to the internet
		{isolated, net + "interfaceEndpoints", []string{"ec2", "ecr.api", "ecr.dkr", "eks", "elasticloadbalancing", "git-codecommit", "kms", "lambda", "logs"},
			`["ec2","ecr.api","ecr.dkr","eks","elasticloadbalancing","git-codecommit","kms","… is not allowed, want with nat "none" also "eks-auth" and "sts"; add what is missing, or remove the key for all that a cluster needs`},
		{isolated, env + "flux.registryMirror", nil, `is missing, want a registry of Amazon ECR beside nat "none", which cuts off ghcr.io; make a pull-through cache for ghcr.io and give its host and prefix`},
		{isolated, env + "flux.registryMirror", "mirror.acme.example", `"mirror.acme.example" is not allowed, want a registry of Amazon ECR beside nat "none", which cuts off ghcr.io; make a pull-through cache for ghcr.io and give its host and prefix`},
		{isolated, env + "flux.registryMirror", "111111111111.dkr.ecr.eu-west-1.amazonaws.com/ghcr", `"111111111111.dkr.ecr.eu-west-1.amazonaws.com/ghcr" is not allowed, want a registry of the environment's Region us-east-1, because nat "none" cuts off the others; make a pull-through cache for ghcr.io and give its host and prefix`},
		{isolated, "config", map[string]string{"source": "git", "url": "https://github.com/a/b"},
			`platform.config.url: "https://github.com/a/b" is not allowed, want a host that can be reached with nat "none", as environment "dev" has it; use source "codecommit" or a host on your own network, or give the environment a NAT gateway`},
		{isolated, "delivery", map[string]string{"account": "111111111111", "region": "eu-west-1"},
			`platform.environments[0].network.nat: "none" is not allowed, want a NAT gateway, because the images are in another Region, eu-west-1; use "single", or put delivery into the environment's Region`},

		// Versions
		{full, env + "kubernetesVersion", "1.36.3", `"1.36.3" is not allowed, want "1.35" or "1.36"; use "1.36"`},
		{full, env + "kubernetesVersion", "1.34", `"1.34" is not allowed, want "1.35" or "1.36"; choose one of them`},
		{full, env + "flux.version", "v2.9.4", `"v2.9.4" is not allowed, want "2.9.0", "2.9.1", "2.9.2", "2.9.3" or "2.9.4"; use "2.9.4"`},
		{full, env + "flux.version", "2.x", `"2.x" is not allowed, want "2.9.0", "2.9.1", "2.9.2", "2.9.3" or "2.9.4"; choose one of them`},

		// Compute
		{full, env + "compute.mode", "fargate", `"fargate" is not allowed, want "auto" or "node-groups"; choose one of them`},
		{full, env + "compute.mode", "auto", `platform.environments[0].compute.nodeGroups: a list of 2 is not allowed, want no node groups beside mode "auto", which makes its own nodes; use mode "node-groups", or remove nodeGroups`},
		{full, groups, nil, `is missing, want at least one node group beside mode "node-groups"; add one, or use mode "auto"`},
		{full, groups + "[1].instanceTypes[0]", "m7i.large", `"m7i.large" is not allowed, want an instance type with arm64 processors, and this one has amd64; use one like "m7g.large", or set architecture to "amd64"`},
		{full, groups + "[0].instanceTypes", []string{"t4g.medium"}, `platform.environments[0].compute.nodeGroups[0].instanceTypes[0]: "t4g.medium" is not allowed, want an instance type with amd64 processors, and this one has arm64; use one like "m7i.large", or set architecture to "arm64"`},
		{full, groups + "[1].instanceTypes[0]", "m7g", `"m7g" is not allowed, want an EC2 instance type that EKS has an image for, such as m7i.large; change it: "m7g" is not a class, a generation and a size`},
		{full, groups + "[1].instanceTypes[0]", "M7G.Large", `"M7G.Large" is not allowed, want an EC2 instance type that EKS has an image for, such as m7i.large; use "m7g.large"`},
		{full, groups + "[0].instanceTypes", []string{"foo.bar"}, `platform.environments[0].compute.nodeGroups[0].instanceTypes[0]: "foo.bar" is not allowed, want an EC2 instance type that EKS has an image for, such as m7i.large; change it: "foo.bar" is not a class, a generation and a size`},
		{full, groups + "[0].instanceTypes", []string{"t3.small"}, `platform.environments[0].compute.nodeGroups[0].instanceTypes[0]: "t3.small" is not allowed, want an EC2 instance type that EKS has an image for, such as m7i.large; change it: a node of this size takes too few pods for those of the system; use large`},
		{full, groups + "[0].instanceTypes", []string{"m7i.large", "g6.xlarge"}, `platform.environments[0].compute.nodeGroups[0].instanceTypes[1]: "g6.xlarge" is not allowed, want an instance type that boots the same image as "m7i.large", and their accelerators differ; make a node group for each`},
		{full, groups + "[0].instanceTypes", []string{"u7i-12tb.224xlarge"}, ``},
		{full, groups + "[0].instanceTypes", []string{"p6-b200.48xlarge", "g5.xlarge"}, ``},
		{full, groups + "[0].architecture", "x86_64", `"x86_64" is not allowed, want "amd64" or "arm64"; choose one of them`},
		{full, groups + "[0].ami", "al2", `"al2" is not allowed, want "al2023" or "bottlerocket"; choose one of them`},
		{full, groups + "[0].min", 4, `platform.environments[0].compute.nodeGroups[0].max: 3 is not allowed, want at least min, which is 4; raise max, or lower min`},
		{full, groups + "[0].desired", 4, `4 is not allowed, want from min to max, 1 to 3; use 3`},
		{full, groups + "[0].max", 451, `451 is not allowed, want a whole number from 1 to 450; use 450`},
		{full, groups + "[1].min", 5000, `5000 is not allowed, want a whole number from 1 to 450; use 450`},
		{full, groups + "[0].diskGiB", 8, `8 is not allowed, want a whole number from 20 to 16384; use 20`},

		// Access
		{full, env + "endpoint.publicCidrs", nil, `is missing, want at least one range beside access "public"; add those that you come from, or use access "private"`},
		{full, env + "endpoint.access", "private", `platform.environments[0].endpoint.publicCidrs: ["203.0.113.0/24"] is not allowed, want no ranges beside access "private"; use access "public", or remove publicCidrs`},
		{full, env + "endpoint.publicCidrs[0]", "0.0.0.0/0", `"0.0.0.0/0" is not allowed, want not the whole internet; give the ranges that your people and runners come from, such as that of a VPN; Flux pulls, and needs none`},
		{full, env + "endpoint.publicCidrs[0]", "64.0.0.0/2", `"64.0.0.0/2" is not allowed, want an IPv4 CIDR of /8 to /32; split it, or give the ranges that are really yours`},
		{full, env + "endpoint.publicCidrs[0]", "10.1.2.0/24", `"10.1.2.0/24" is not allowed, want a range of the internet: EKS refuses private ones here; remove it; inside the VPC the private endpoint is always open`},
		{full, env + "endpoint.publicCidrs[0]", "203.0.113.9", `"203.0.113.9" is not allowed, want an IPv4 CIDR such as 10.0.0.0/16; add a prefix length, as in "203.0.113.9/32"`},
		{full, env + "admins[0]", "arn:aws:sts::111111111111:assumed-role/Admin/me@acme.example",
			`"arn:aws:sts::111111111111:assumed-role/Admin/me@acme.example" is not allowed, want ` + arn + `, not of a session; use the role's ARN, "arn:aws:iam::111111111111:role/Admin", with the path it has in IAM`},
		{full, env + "admins[0]", "arn:aws:iam::111111111111:role/AWSReservedSSO_Admin_0123",
			`"arn:aws:iam::111111111111:role/AWSReservedSSO_Admin_0123" is not allowed, want ` + arn + `, with the path /aws-reserved/sso.amazonaws.com/ that those of IAM Identity Center have; use the ARN that aws iam get-role --role-name AWSReservedSSO_Admin_0123 shows`},
		{full, env + "admins[0]", "arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_Admin_0123/me",
			`"arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_Admin_0123/me" is not allowed, want ` + arn + `, not of a session; use the role's ARN with its path, which aws iam get-role --role-name AWSReservedSSO_Admin_0123 shows`},
		{full, env + "admins[0]", "arn:aws:iam::111111111111:root", `"arn:aws:iam::111111111111:root" is not allowed, want ` + arn + `, not of an account; name the role that people take on`},
		{full, env + "admins[0]", "Admin", `"Admin" is not allowed, want ` + arn + `; change it`},
		{full, env + "admins[0]", "arn:aws-cn:iam::111111111111:role/Admin", `"arn:aws-cn:iam::111111111111:role/Admin" is not allowed, want an ARN of the Region's partition aws; name a role there`},
		{full, env + "admins[0]", "arn:aws:iam::444444444444:user/eve", `platform.environments[0].viewers[0]: "arn:aws:iam::444444444444:user/eve" is not allowed, want either an admin or a viewer, EKS has one access entry a principal; remove it, admins[0] is the same`},

		// The rest of an environment
		{full, env + "removalPolicy", "delete", `"delete" is not allowed, want "destroy" or "retain"; choose one of them`},
		{full, env + "logRetentionDays", 31, `31 is not allowed, want ` + days + `; use 60`},
		{full, env + "flux.size", "xl", `"xl" is not allowed, want "small", "medium" or "large"; choose one of them`},
		{full, env + "flux.intervalSeconds", 10, `10 is not allowed, want a whole number from 60 to 3600; use 60`},
		{full, env + "flux.branch", "my branch", `"my branch" is not allowed, want the name of a branch; change it`},
		{full, env + "flux.path", "./clusters/dev/", `"./clusters/dev/" is not allowed, want a relative path in the config repository, in its shortest form; use "clusters/dev"`},
		{full, env + "flux.path", "/clusters/dev", `"/clusters/dev" is not allowed, want a relative path in the config repository, in its shortest form; use "clusters/dev"`},
		{full, env + "flux.path", "../dev", `"../dev" is not allowed, want a relative path in the config repository; change it`},
		{full, env + "flux.imageUpdates", "auto", `"auto" is not allowed, want "automatic" or "pull-request"; choose one of them`},
		{full, env + "flux.verifySecretName", "a_b", `"a_b" is not allowed, want the name of a Kubernetes Secret, of a-z, 0-9, '-' and '.'; change it`},
		{full, env + "flux.registryMirror", "oci://mirror.acme.example/", `"oci://mirror.acme.example/" is not allowed, want a registry host with an optional port and path, without a scheme; use "mirror.acme.example"`},
		{full, env + "flux.registryMirror", "mirror.acme.example/", `"mirror.acme.example/" is not allowed, want a registry host with an optional port and path, without a scheme; use "mirror.acme.example"`},
		{full, env + "flux.registryMirror", "mirror/ghcr", `"mirror/ghcr" is not allowed, want a registry host with a dot or a port in its name; use one like "registry.example.com"`},
		{full, env + "flux.alerts.type", "telegram", `"telegram" is not allowed, want "alertmanager", "datadog", "discord", "generic", "generic-hmac", "googlechat", "grafana", "lark", "msteams", "opsgenie", "otel", "rocket", "sentry" or "slack"; choose one of them`},
		{full, env + "flux.alerts.secretName", "-x", `"-x" is not allowed, want the name of a Kubernetes Secret, of a-z, 0-9, '-' and '.'; change it`},

		// The ci stack
		{full, "github.repository", "acme/platform", ``},
		{full, "github.repository", "platform", `"platform" is not allowed, want ` + hub + `; change it`},
		{full, "github.repository", "https://github.com/acme/platform.git", `"https://github.com/acme/platform.git" is not allowed, want ` + hub + `; use "acme/platform"`},
		{full, "github.repository", "git@github.com:acme/platform", `"git@github.com:acme/platform" is not allowed, want ` + hub + `; use "acme/platform"`},
		{full, "github.repository", "repo:acme@1/platform@2", `"***@1/platform@2" is not allowed, want ` + hub + `; use "acme@1/platform@2"`},
		{full, "github.repository", "acme@1/platform", `"acme@1/platform" is not allowed, want ` + hub + `; give both ids, or none`},
		{full, "github.repository", "acme/*", `"acme/*" is not allowed, want ` + hub + `; change it`},
		{full, "github.repository", "acme/platform:*", `"acme/platform:*" is not allowed, want ` + hub + `; change it`},
		{full, "github.repository", nil, `is missing, want the repository that the other settings of github are for; add it, or remove github`},
		{full, "github.branch", "refs/heads/main", `"refs/heads/main" is not allowed, want the name of a branch; use "main"`},
		{full, "github.environment", "prod:eu", `"prod:eu" is not allowed, want the name of a GitHub environment, of letters, digits, '_', '.' and '-'; change it`},
		{full, "github.oidcProviderArn", "arn:aws:iam::333333333333:oidc-provider/gitlab.com",
			`"arn:aws:iam::333333333333:oidc-provider/gitlab.com" is not allowed, want the ARN of an IAM OIDC provider for token.actions.githubusercontent.com; change it`},
		{full, "github.oidcProviderArn", "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com",
			`"arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com" is not allowed, want a provider of the delivery stack's account 333333333333; name the one of that account, or remove it: the ci stack then makes one`},
		{full, "github.oidcProviderArn", "arn:aws:iam::333333333333:oidc-provider/token.actions.githubusercontent.com", ``},
		{full, "github", nil, ``},
	} {
		t.Run(fmt.Sprintf("%s=%.40v", c.path, c.value), func(t *testing.T) {
			p, err := Parse(edited(t, c.base, edit{c.path, c.value}))
			if c.want == "" {
				require.NoError(t, err)
				reparsed(t, p)
				return
			}
			want := c.want
			if !strings.HasPrefix(want, root+".") {
				want = root + "." + c.path + ": " + want
			}
			require.EqualError(t, err, want)
			require.Nil(t, p)
		})
	}
}

// Some mistakes take two settings.
func TestOneMistakeInTwoSettings(t *testing.T) {
	for _, c := range []struct {
		base  string
		edits []edit
		want  string
	}{
		{full, []edit{{"config.source", "codecommit"}, {"config.secretName", nil}, {"config.provider", nil}},
			`platform.config.url: "https://git.acme.example/ops/config" is not allowed, want nothing beside source "codecommit"; remove it, or use source "git"`},
		{full, []edit{{"config.url", "ssh://git@git.acme.example/ops/config"}, {"config.secretName", nil}},
			`platform.config.secretName: is missing, want a Secret with the key for the ssh:// URL; create it and name it here`},
		{full, []edit{{"config.provider", "github"}, {"config.secretName", nil}},
			`platform.config.secretName: is missing, want a Secret with the GitHub App's key beside provider "github"; create it and name it here`},
		{full, []edit{{"config.provider", "github"}, {"config.url", "ssh://git@github.com/a/b"}},
			`platform.config.provider: "github" is not allowed, want generic beside an ssh:// URL, a GitHub App works by https:// only; use "generic", or an https:// URL`},
		{full, []edit{{"environments[1].account", nil}, {"environments[1].region", nil}},
			`platform.environments[1].network.vpcId: "vpc-0123456789abcdef0" is not allowed, want an existing VPC only beside account and region; add these two to the environment`},
		{full, []edit{{"environments[0].compute.nodeGroups[0].instanceTypes", []string{"inf2.xlarge"}}, {"environments[0].compute.nodeGroups[0].ami", "bottlerocket"}},
			`platform.environments[0].compute.nodeGroups[0].ami: "bottlerocket" is not allowed, want an image with the Neuron driver for "inf2.xlarge"; use "al2023"`},
		{full, []edit{{"environments[0].compute.nodeGroups[0].name", "arm-template"}},
			`platform.environments[0].compute.nodeGroups[0].name: "arm-template" is not allowed, want a name that is not that of another one's launch template; rename it, or "arm"`},
		{isolated, []edit{{"environments[0].region", "us-east-3"}},
			`platform.environments[0].region: "us-east-3" is not allowed, want a Region that AWS has; did you mean "us-east-1"? choose one of them; one that is newer than this program goes into stacks/config/regions.go`},
		{full, []edit{{"environments[0]", map[string]string{"name": "dev", "account": "111111111111", "region": "cn-north-1"}}, {"delivery.region", "us-east-1"}},
			`platform.environments[0].region: "cn-north-1" is not allowed, want a Region of the same partition as delivery's, us-east-1: nothing reaches from one into another; keep settings of its own for each partition, or move delivery`},
		{`{"name": "twenty-characters-xx"}`, []edit{
			{"environments", []any{map[string]string{"name": "sixteen-letters-", "account": "111111111111", "region": "us-east-1"}}},
			{"environments[0].name", "sixteen-letter-x"}, {"delivery", map[string]string{"account": "222222222222", "region": "us-east-1"}}},
			`platform.environments[0].name: "sixteen-letter-x" is not allowed, want at most 8 characters beside the name "twenty-characters-xx", in another account than delivery and with automatic image updates: IAM's names of roles end at 64; shorten one of the two, or set flux.imageUpdates to "pull-request"`},
		{`{}`, []edit{{"environments", []any{map[string]string{"name": "My Env"}}}},
			`platform.environments[0].name: "My Env" is not allowed, want 2 to 16 of a-z, 0-9 and single '-' between them, starting with a letter; use "my-env"`},
	} {
		_, err := Parse(edited(t, c.base, c.edits...))
		require.EqualError(t, err, c.want)
	}
}

func TestTooManyOfAKind(t *testing.T) {
	p := Default()
	p.Tags = map[string]string{}
	for i := range 41 {
		p.Tags[fmt.Sprint("tag", i)] = "x"
	}
	require.EqualError(t, p.Validate(), `platform.tags: 41 is not allowed, want at most 40 tags; remove some`)

	p = Default()
	for i := range 100 {
		p.Environments = append(p.Environments, Environment{Name: fmt.Sprint("env-", i)})
	}
	p.SetDefaults()
	require.ErrorContains(t, p.Validate(), `want 1 to 100 environments; remove some`)
}

// Private subnets must not turn to a public Git host, wherever it is spelt.
func TestIsolatedClustersMayUseAPrivateGitHost(t *testing.T) {
	_, err := Parse(edited(t, isolated, edit{"config", map[string]string{"source": "git", "url": "https://notgithub.com/a/b"}}))
	require.NoError(t, err)
	_, err = Parse(edited(t, isolated, edit{"config", map[string]string{"source": "git", "url": "https://WWW.GitHub.com/a/b"}}))
	require.ErrorContains(t, err, "platform.config.url:")
}

func TestValidateWithoutDefaultsReportsWhatIsMissing(t *testing.T) {
	p := &Platform{Apps: []App{{}}, Environments: []Environment{{}}}
	err := p.Validate()
	require.ErrorContains(t, err, "platform.apps[0].name: is missing")
	require.ErrorContains(t, err, "platform.environments[0].name: is missing")
}
