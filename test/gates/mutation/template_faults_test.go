package mutation

// Resources that many faults are seeded into.
var (
	vpc           = at("dev-network", "AWS::EC2::VPC", "")
	publicSubnet  = at("dev-network", "AWS::EC2::Subnet", "PublicSubnet1")
	privateSubnet = at("dev-network", "AWS::EC2::Subnet", "PrivateSubnet2")
	flowLogs      = at("dev-network", "AWS::EC2::FlowLog", "")
	cluster       = at("dev-cluster", "AWS::EKS::Cluster", "")
	clusterKey    = at("dev-cluster", "AWS::KMS::Key", "")
	controlPlane  = at("dev-cluster", "AWS::EC2::SecurityGroup", "ControlPlane")
	adminAccess   = at("dev-cluster", "AWS::EKS::AccessEntry", "")
	metricsServer = at("dev-cluster", "AWS::EKS::Addon", "metrics-server")
	handler       = at("dev-cluster", "AWS::Lambda::Function", "KubectlProvider/Handler")
	images        = at("app-hello", "AWS::ECR::Repository", "")
	build         = at("app-hello", "AWS::CodeBuild::Project", "")
	pipeline      = at("app-hello", "AWS::CodePipeline::Pipeline", "")
	artifacts     = at("delivery", "AWS::S3::Bucket", "Artifacts/Bucket")
	topic         = at("delivery", "AWS::SNS::Topic", "")
	deliveryKey   = at("delivery", "AWS::KMS::Key", "")
)

func ref(id string) map[string]any { return map[string]any{"Ref": id} }
func getAtt(id, attribute string) map[string]any {
	return map[string]any{"Fn::GetAtt": []any{id, attribute}}
}

var schemaFaults = []fault{
	{name: "a property is misspelt", gate: "validate", at: vpc, edits: []edit{set(true, "EnableDnsHostname")}},
	{name: "a number is a word", gate: "validate", at: handler, edits: []edit{set("many", "MemorySize")}},
	{name: "a value is not in the enumeration", gate: "validate", at: images, edits: []edit{set("FROZEN", "ImageTagMutability")}},
	{name: "a required property is missing", gate: "validate", at: cluster, edits: []edit{drop("RoleArn")}},
	{name: "an object is a text", gate: "validate", at: build, edits: []edit{set("aws/codebuild/standard:7.0", "Environment")}},
	{name: "the type does not exist", gate: "validate", at: topic, edits: []edit{setIn("AWS::SNS::Topics", "Type")}},
	{name: "a name breaks its pattern", gate: "validate", at: images, edits: []edit{set("Platform/Hello", "RepositoryName")}},
	{name: "a number is out of range", gate: "validate", at: deliveryKey, edits: []edit{set(3, "PendingWindowInDays")}},
	{name: "a deletion policy that does not exist", gate: "validate", at: deliveryKey, edits: []edit{setIn("Keep", "DeletionPolicy")}},
	{name: "a retention that CloudWatch does not know", gate: "rules", at: at("dev-network", "AWS::Logs::LogGroup", "Flows"), edits: []edit{set(42, "RetentionInDays")}},
}

var referenceFaults = []fault{
	{name: "Ref to a resource that is not there", gate: "validate", at: flowLogs, edits: []edit{set(ref("FlowsGone"), "LogGroupName")}},
	{name: "GetAtt of an attribute that is not there", gate: "validate", at: build, edits: []edit{set(getAtt("Key961B73FD", "KeyArn"), "EncryptionKey")}},
	{name: "DependsOn of a resource that is not there", gate: "validate", at: cluster, edits: []edit{setIn([]any{"ControlPlaneLogs"}, "DependsOn")}},
	{name: "a circle of dependencies", gate: "validate", at: at("delivery", "AWS::KMS::Alias", ""), edits: []edit{setIn([]any{"KeyAlias910D852D"}, "DependsOn")}},
	{name: "an output of another stack that is not there", gate: "validate", at: metricsServer,
		edits: []edit{set(map[string]any{"Fn::GetStackOutput": map[string]any{"StackName": "platform-dev-network", "Region": ref("AWS::Region"), "OutputName": "Gone"}}, "ClusterName")}},
	{name: "Fn::Sub of a variable that is not there", gate: "validate", at: topic, edits: []edit{set(map[string]any{"Fn::Sub": "${Keys}"}, "KmsMasterKeyId")}},
	{name: "code that no asset holds", gate: "validate", at: handler, edits: []edit{set("0000000000000000000000000000000000000000000000000000000000000000.zip", "Code", "S3Key")}},
	{name: "a condition that is not there", gate: "validate", at: topic, edits: []edit{setIn("WithAlerts", "Condition")}},
}

var networkFaults = []fault{
	{name: "a subnet outside the VPC", gate: "rules", at: privateSubnet, edits: []edit{set("10.9.0.0/20", "CidrBlock")}},
	{name: "two subnets overlap", gate: "rules", at: privateSubnet, edits: []edit{set("10.0.0.0/24", "CidrBlock")}},
	{name: "a CIDR that is none", gate: "rules", at: vpc, edits: []edit{set("10.0.0.0/99", "CidrBlock")}},
	{name: "private subnets all go to one zone", gate: "rules", at: cluster, edits: []edit{swap("ExportsOutputRefNetworkVpcPrivateSubnet2Subnet1BDBE87783414D15", "ExportsOutputRefNetworkVpcPrivateSubnet1Subnet6DD86AE62279BBA5", "ResourcesVpcConfig", "SubnetIds"), swap("ExportsOutputRefNetworkVpcPrivateSubnet3Subnet8ABFAF5C277BED3A", "ExportsOutputRefNetworkVpcPrivateSubnet1Subnet6DD86AE62279BBA5", "ResourcesVpcConfig", "SubnetIds")}},
	{name: "one subnet for the cluster", gate: "rules", at: cluster, edits: []edit{set([]any{"subnet-0123456789abcdef0"}, "ResourcesVpcConfig", "SubnetIds")}},
	{name: "a private subnet leads to the internet gateway", gate: "rules", at: at("dev-network", "AWS::EC2::Route", "PrivateSubnet2"), edits: []edit{drop("NatGatewayId"), set(ref("NetworkVpcIGW6BEA7B02"), "GatewayId")}},
	{name: "a private subnet has no way out", gate: "rules", at: at("dev-network", "AWS::EC2::Route", "PrivateSubnet2"), edits: []edit{gone},
		says: []place{privateSubnet, at("dev-network", "AWS::EC2::RouteTable", "PrivateSubnet2")}},
	{name: "the NAT gateway is in a private subnet", gate: "rules", at: at("dev-network", "AWS::EC2::NatGateway", ""), edits: []edit{set(ref("NetworkVpcPrivateSubnet1Subnet6DD86AE6"), "SubnetId")}},
	{name: "the VPC does not resolve names", gate: "rules", at: vpc, edits: []edit{set(false, "EnableDnsHostnames")}},
	{name: "a private subnet gives public addresses", gate: "rules", at: privateSubnet, edits: []edit{set(true, "MapPublicIpOnLaunch")}},
	{name: "load balancers do not find the public subnet", gate: "rules", at: publicSubnet, edits: []edit{swap("kubernetes.io/role/elb", "kubernetes.io/role/internal", "Tags")}},
	{name: "everyone may reach the control plane", gate: "rules", at: controlPlane, edits: []edit{set([]any{map[string]any{"CidrIp": "0.0.0.0/0", "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}}, "SecurityGroupIngress")}},
	{name: "flow logs of what is accepted only", gate: "rules", at: flowLogs, edits: []edit{set("ACCEPT", "TrafficType")}},
	{name: "no flow logs", gate: "rules", at: flowLogs, edits: []edit{gone}, says: []place{vpc}},
	{name: "a subnet without a route table", gate: "rules", at: at("dev-network", "AWS::EC2::SubnetRouteTableAssociation", "PrivateSubnet2"), edits: []edit{gone}, says: []place{privateSubnet}},
	{name: "the internet gateway is not attached", gate: "rules", at: at("dev-network", "AWS::EC2::VPCGatewayAttachment", ""), edits: []edit{gone}, says: []place{at("dev-network", "AWS::EC2::InternetGateway", ""), vpc}},
}

var versionFaults = []fault{
	{name: "a Kubernetes version out of support", gate: "rules", at: cluster, edits: []edit{set("1.29", "Version")}},
	{name: "a Kubernetes version that does not exist", gate: "rules", at: cluster, edits: []edit{set("1.99", "Version")}},
	{name: "support that costs six times as much", gate: "rules", at: cluster, edits: []edit{set("EXTENDED", "UpgradePolicy", "SupportType")}},
	{name: "a runtime that is gone", gate: "rules", at: handler, edits: []edit{set("python3.8", "Runtime")}},
	{name: "a build image that does not exist", gate: "rules", at: build, edits: []edit{set("aws/codebuild/amazonlinux-x86_64-standard:9.9", "Environment", "Image")}},
	{name: "a build image of the other architecture", gate: "rules", at: build, edits: []edit{set("aws/codebuild/amazonlinux-aarch64-standard:3.0", "Environment", "Image")}},
	{name: "an add-on that does not exist", gate: "rules", at: metricsServer, edits: []edit{set("metric-server", "AddonName")}},
	{name: "a chart without a version", gate: "incluster", at: at("dev-gitops", "Custom::AWSCDK-EKS-HelmChart", "Flux/Operator"), edits: []edit{drop("Version")}},
	{name: "a chart version that floats", gate: "incluster", at: at("dev-gitops", "Custom::AWSCDK-EKS-HelmChart", "Flux/Operator"), edits: []edit{set("0.x", "Version")}},
	{name: "a Flux that the operator does not carry", gate: "incluster", at: at("dev-gitops", "Custom::AWSCDK-EKS-HelmChart", "Flux/Instance"), edits: []edit{swap(`"version":"2.9.4"`, `"version":"2.2.0"`, "Values")}},
}

var (
	buildPolicy    = at("app-hello", "AWS::IAM::Policy", "Delivery/Build/Role")
	pipelinePolicy = at("app-hello", "AWS::IAM::Policy", "Pipeline/Role/DefaultPolicy")
	sourcePolicy   = at("dev-gitops", "AWS::IAM::Policy", "source-controller")
	sourceRole     = at("dev-gitops", "AWS::IAM::Role", "source-controller")
	kmsPolicy      = at("dev-cluster", "AWS::IAM::Policy", "kustomize-controller")
)

func allow(resource any, actions ...any) map[string]any {
	return map[string]any{"Effect": "Allow", "Action": actions, "Resource": resource}
}

var iamFaults = []fault{
	{name: "an action that does not exist", gate: "iam", at: sourcePolicy, edits: []edit{set("codecommit:GitFetch", "PolicyDocument", "Statement", 0, "Action")}},
	{name: "a service that does not exist", gate: "iam", at: sourcePolicy, edits: []edit{set("codecomit:GitPull", "PolicyDocument", "Statement", 0, "Action")}},
	{name: "an action that cannot match its resource", gate: "iam", at: sourcePolicy, edits: []edit{set("arn:aws:s3:::platform-config", "PolicyDocument", "Statement", 0, "Resource")}},
	{name: "everything is allowed", gate: "iam", at: buildPolicy, edits: []edit{add(allow("*", "*"), "PolicyDocument", "Statement")}},
	{name: "all of a service is allowed everywhere", gate: "iam", at: buildPolicy, edits: []edit{add(allow("*", "s3:*"), "PolicyDocument", "Statement")}},
	{name: "the build can describe clusters", gate: "iam", at: buildPolicy, edits: []edit{add(allow("arn:aws:eks:us-east-1:111111111111:cluster/platform-dev", "eks:DescribeCluster"), "PolicyDocument", "Statement")},
		says: []place{buildPolicy, at("app-hello", "AWS::IAM::Role", "Delivery/Build/Role")}},
	{name: "the pipeline reaches the cluster", gate: "iam", at: pipelinePolicy, edits: []edit{add(allow("arn:aws:eks:us-east-1:111111111111:cluster/platform-dev", "eks:AccessKubernetesApi"), "PolicyDocument", "Statement")},
		says: []place{pipelinePolicy, at("app-hello", "AWS::IAM::Role", "Delivery/Pipeline/Role")}},
	{name: "source-controller can push", gate: "iam", at: sourcePolicy, edits: []edit{set([]any{"codecommit:GitPull", "codecommit:GitPush"}, "PolicyDocument", "Statement", 0, "Action")},
		says: []place{sourcePolicy, sourceRole}},
	{name: "source-controller pulls all repositories", gate: "iam", at: sourcePolicy, edits: []edit{set("*", "PolicyDocument", "Statement", 0, "Resource")},
		says: []place{sourcePolicy, sourceRole}},
	{name: "kustomize-controller decrypts with every key", gate: "iam", at: kmsPolicy, edits: []edit{set("*", "PolicyDocument", "Statement", 0, "Resource")},
		says: []place{kmsPolicy, at("dev-cluster", "AWS::IAM::Role", "kustomize-controller")}},
	{name: "pods cannot be tagged", gate: "iam", at: sourceRole, edits: []edit{set("sts:AssumeRole", "AssumeRolePolicyDocument", "Statement", 0, "Action")}},
	{name: "a service principal that does not exist", gate: "iam", at: sourceRole, edits: []edit{set("pods.eks.amazon.com", "AssumeRolePolicyDocument", "Statement", 0, "Principal", "Service")}},
	{name: "the wrong service may take the role", gate: "iam", at: at("dev-cluster", "AWS::IAM::Role", "Cluster/Cluster/Role"), edits: []edit{set("ec2.amazonaws.com", "AssumeRolePolicyDocument", "Statement", 0, "Principal", "Service")}},
	{name: "everyone may take the role", gate: "iam", at: sourceRole, edits: []edit{set("*", "AssumeRolePolicyDocument", "Statement", 0, "Principal")}},
	{name: "a managed policy is misspelt", gate: "iam", at: at("dev-cluster", "AWS::IAM::Role", "Cluster/Cluster/Role"), edits: []edit{swap("AmazonEKSClusterPolicy", "AmazonEKSClustersPolicy", "ManagedPolicyArns")}},
	{name: "a role gets AdministratorAccess", gate: "iam", at: at("dev-cluster", "AWS::IAM::Role", "NodeRole"), edits: []edit{add("arn:aws:iam::aws:policy/AdministratorAccess", "ManagedPolicyArns")}},
	{name: "a policy of 2008", gate: "iam", at: sourcePolicy, edits: []edit{set("2012-10-18", "PolicyDocument", "Version")}},
	{name: "an access policy is misspelt", gate: "rules", at: adminAccess, edits: []edit{swap("AmazonEKSClusterAdminPolicy", "AmazonEKSClusterAdministratorPolicy", "AccessPolicies")}},
	{name: "the key's policy is open", gate: "iam", at: deliveryKey, edits: []edit{set("*", "KeyPolicy", "Statement", 1, "Principal")}},
	{name: "a condition operator that does not exist", gate: "iam", at: sourcePolicy, edits: []edit{set(map[string]any{"StringMatches": map[string]any{"aws:SourceAccount": "111111111111"}}, "PolicyDocument", "Statement", 0, "Condition")}},
}

var postureFaults = []fault{
	{name: "the API is open to the world", gate: "rules", at: cluster, edits: []edit{set(true, "ResourcesVpcConfig", "EndpointPublicAccess")}},
	{name: "the API is not private", gate: "rules", at: cluster, edits: []edit{set(false, "ResourcesVpcConfig", "EndpointPrivateAccess")}},
	{name: "no audit log", gate: "rules", at: cluster, edits: []edit{set([]any{map[string]any{"Type": "api"}}, "Logging", "ClusterLogging", "EnabledTypes")}},
	{name: "Secrets without a key of one's own", gate: "rules", at: cluster, edits: []edit{drop("EncryptionConfig")}},
	{name: "the creator is an administrator", gate: "rules", at: cluster, edits: []edit{set(true, "AccessConfig", "BootstrapClusterCreatorAdminPermissions")}},
	{name: "aws-auth is back", gate: "rules", at: cluster, edits: []edit{set("API_AND_CONFIG_MAP", "AccessConfig", "AuthenticationMode")}},
	{name: "half of Auto Mode", gate: "rules", at: cluster, edits: []edit{set(false, "StorageConfig", "BlockStorage", "Enabled")}},
	{name: "the key does not rotate", gate: "rules", at: clusterKey, edits: []edit{set(false, "EnableKeyRotation")}},
	{name: "tags can be moved", gate: "rules", at: images, edits: []edit{set("MUTABLE", "ImageTagMutability"), drop("ImageTagMutabilityExclusionFilters")}},
	{name: "all tags are excluded from immutability", gate: "rules", at: images, edits: []edit{swap("cache*", "*", "ImageTagMutabilityExclusionFilters")}},
	{name: "images are not scanned", gate: "rules", at: images, edits: []edit{set(false, "ImageScanningConfiguration", "ScanOnPush")}},
	{name: "a lifecycle policy that is no JSON", gate: "rules", at: images, edits: []edit{swap(`{"rules":`, `{"rules":,`, "LifecyclePolicy", "LifecyclePolicyText")}},
	{name: "a lifecycle that expires at once", gate: "rules", at: images, edits: []edit{swap(`"countNumber":7`, `"countNumber":0`, "LifecyclePolicy", "LifecyclePolicyText")}},
	{name: "the bucket may be public", gate: "rules", at: artifacts, edits: []edit{set(false, "PublicAccessBlockConfiguration", "BlockPublicPolicy")}},
	{name: "the bucket is not encrypted", gate: "rules", at: artifacts, edits: []edit{drop("BucketEncryption")}},
	{name: "alerts are not encrypted", gate: "rules", at: topic, edits: []edit{drop("KmsMasterKeyId")}},
	{name: "logs are kept for ever", gate: "rules", at: at("app-hello", "AWS::Logs::LogGroup", "BuildLogs"), edits: []edit{drop("RetentionInDays")}},
	{name: "an access key in a variable", gate: "secrets", at: build, edits: []edit{add(map[string]any{"Name": "AWS_ACCESS_KEY_ID", "Value": "AKIA" + "Q3EGRZ5QJ5T7XW2L"}, "Environment", "EnvironmentVariables")}},
	{name: "a function may run for an hour", gate: "validate", at: handler, edits: []edit{set(3600, "Timeout")}},
	{name: "the key goes at once and its data stays", gate: "rules", at: clusterKey, edits: []edit{setIn("Retain", "DeletionPolicy")}},
}

var deliveryFaults = []fault{
	{name: "builds write to no log", gate: "rules", at: build, edits: []edit{set("DISABLED", "LogsConfig", "CloudWatchLogs", "Status")}},
	{name: "docker without privileges", gate: "rules", at: build, edits: []edit{set(false, "Environment", "PrivilegedMode")}},
	{name: "the old kind of pipeline", gate: "rules", at: pipeline, edits: []edit{set("V1", "PipelineType")}},
	{name: "an artifact that no action makes", gate: "rules", at: pipeline, edits: []edit{set("Sources", "Stages", 1, "Actions", 0, "InputArtifacts", 0, "Name")}},
	{name: "a variable of a namespace that is not there", gate: "rules", at: pipeline, edits: []edit{swap("#{Source_Commit_NS.CommitId}", "#{Commit.CommitId}", "Stages")}},
	{name: "an action provider that does not exist", gate: "rules", at: pipeline, edits: []edit{set("CodeBuilds", "Stages", 1, "Actions", 0, "ActionTypeId", "Provider")}},
	{name: "the pipeline polls", gate: "rules", at: pipeline, edits: []edit{set(true, "Stages", 0, "Actions", 0, "Configuration", "PollForSourceChanges")}},
	{name: "the rule waits for another branch", gate: "rules", at: at("app-hello", "AWS::Events::Rule", "main-EventRule"), edits: []edit{swap("main", "master", "EventPattern", "detail", "referenceName")}},
	{name: "the rule waits for another repository", gate: "rules", at: at("app-hello", "AWS::Events::Rule", "main-EventRule"), edits: []edit{swap("platform-hello", "platform-hallo", "EventPattern", "resources")}},
	{name: "the artifacts' key is AWS's", gate: "rules", at: pipeline, edits: []edit{drop("ArtifactStore", "EncryptionKey")}},
	{name: "the project does not exist", gate: "validate", at: pipeline, edits: []edit{set(ref("Builds"), "Stages", 1, "Actions", 0, "Configuration", "ProjectName")}},
}
