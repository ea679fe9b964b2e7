package mutation

// section is the template's section, made when it is not there.
func section(template map[string]any, name string) map[string]any {
	if template[name] == nil {
		template[name] = map[string]any{}
	}
	return template[name].(map[string]any)
}

// another puts one more resource beside the edited one.
func another(id, kind string, properties map[string]any) func(map[string]any) {
	return func(template map[string]any) {
		section(template, "Resources")[id] = map[string]any{"Type": kind, "Properties": properties}
	}
}

// declare puts a value into a section, such as Outputs.
func declare(name, id string, value any) func(map[string]any) {
	return func(template map[string]any) { section(template, name)[id] = value }
}

// again puts a copy of a resource beside it, under another logical id.
func again(id, copied string) func(map[string]any) {
	return func(template map[string]any) {
		resources := section(template, "Resources")
		resources[copied] = resources[id]
	}
}

// as is an object with one key, such as an intrinsic function.
func as(key string, value any) map[string]any { return map[string]any{key: value} }

// unchanged is for faults that are all beside the resource.
var unchanged []edit

var (
	handlerRole = at("dev-cluster", "AWS::IAM::Role", "KubectlProvider/Handler/ServiceRole")
	framework   = at("dev-cluster", "AWS::Lambda::Function", "framework-onEvent")
	flowsGroup  = at("dev-network", "AWS::Logs::LogGroup", "Flows")
	seedRepo    = at("delivery", "AWS::CodeCommit::Repository", "Config")
	appRepo     = at("app-hello", "AWS::CodeCommit::Repository", "")
	pushRule    = at("app-hello", "AWS::Events::Rule", "main-EventRule")
	failedBuild = at("app-hello", "AWS::Events::Rule", "Build/Failed")
	failedPipe  = at("app-hello", "AWS::Events::Rule", "Pipeline/Failed")
)

var moreSchemaFaults = []fault{
	{name: "a boolean is a word", gate: "rules", at: clusterKey, edits: []edit{set("yes", "EnableKeyRotation")}},
	{name: "a property is beside the properties", gate: "rules", at: flowsGroup, edits: []edit{drop("RetentionInDays"), setIn(90, "RetentionInDays")}},
	{name: "the properties are misspelt", gate: "rules", at: topic, edits: []edit{setIn(map[string]any{"KmsMasterKeyId": "alias/platform-delivery"}, "Propertys"), dropIn("Properties")}},
	{name: "a list is an object", gate: "rules", at: cluster, edits: []edit{set(map[string]any{"Type": "audit"}, "Logging", "ClusterLogging", "EnabledTypes")}},
	{name: "a snapshot of what has none", gate: "rules", at: clusterKey, edits: []edit{setIn("Snapshot", "DeletionPolicy")}},
	{name: "a tag twice", gate: "validate", at: vpc, edits: []edit{add(map[string]any{"Key": "Name", "Value": "again"}, "Tags")}},
	{name: "tags as a map", gate: "validate", at: vpc, edits: []edit{set(map[string]any{"Name": "platform"}, "Tags")}},
	{name: "a role's name is too long", gate: "rules", at: handlerRole, edits: []edit{set("platform-dev-cluster-kubectl-provider-handler-service-role-in-us-east-1", "RoleName")}},
	{name: "a template of another format", gate: "validate", at: topic, edits: unchanged, says: []place{declared("delivery", "AWSTemplateFormatVersion"), declared("delivery", "")}, beside: func(t map[string]any) { t["AWSTemplateFormatVersion"] = "2012-10-17" }},
	{name: "a section that does not exist", gate: "validate", at: topic, edits: unchanged, says: []place{declared("delivery", "Output"), declared("delivery", "")}, beside: func(t map[string]any) { t["Output"] = map[string]any{} }},
	{name: "null where a value is due", gate: "validate", at: images, edits: []edit{set(nil, "RepositoryName")}},
	{name: "a timeout that CodeBuild does not allow", gate: "rules", at: build, edits: []edit{set(3000, "TimeoutInMinutes")}},
	{name: "memory that Lambda does not sell", gate: "rules", at: handler, edits: []edit{set(64, "MemorySize")}},
	{name: "a retention that CloudWatch does not know, as a text", gate: "rules", at: flowsGroup, edits: []edit{set("42", "RetentionInDays")}},
}

var moreReferenceFaults = []fault{
	{name: "a stack's output in another Region", gate: "validate", at: cluster, edits: []edit{set(as("Fn::GetStackOutput", map[string]any{"StackName": "platform-dev-network", "Region": "eu-west-1", "OutputName": "ExportsOutputRefNetworkVpcPrivateSubnet1Subnet6DD86AE62279BBA5"}), "ResourcesVpcConfig", "SubnetIds", 0)}},
	{name: "the assets of another bootstrap", gate: "validate", at: handler, edits: []edit{swap("cdk-hnb659fds-assets", "cdk-acme-assets", "Code")}},
	{name: "Fn::If of a condition that is not there", gate: "validate", at: cluster, edits: []edit{set(as("Fn::If", []any{"IsProd", true, false}), "DeletionProtection")}},
	{name: "Fn::If with two branches only in name", gate: "rules", at: cluster, edits: []edit{set(as("Fn::If", []any{"IsProd", true}), "DeletionProtection")}},
	{name: "Fn::Select out of range", gate: "validate", at: privateSubnet, edits: []edit{set(as("Fn::Select", []any{3, []any{"us-east-1a", "us-east-1b", "us-east-1c"}}), "AvailabilityZone")}},
	{name: "a zone of CloudFormation's own list", gate: "rules", at: privateSubnet, edits: []edit{set(as("Fn::Select", []any{0, as("Fn::GetAZs", "")}), "AvailabilityZone")}},
	{name: "Fn::Join of a text", gate: "validate", at: topic, edits: []edit{set(as("Fn::Join", []any{"-", "platform-alerts"}), "TopicName")}},
	{name: "Fn::FindInMap without a mapping", gate: "rules", at: build, edits: []edit{set(as("Fn::FindInMap", []any{"Sizes", "dev", "Compute"}), "Environment", "ComputeType")}},
	{name: "a function that does not exist", gate: "validate", at: topic, edits: []edit{set(as("Fn::Concat", []any{"a", "b"}), "TopicName")}},
	{name: "two functions in one object", gate: "validate", at: topic, edits: []edit{set(map[string]any{"Ref": "Key961B73FD", "Fn::GetAtt": []any{"Key961B73FD", "Arn"}}, "KmsMasterKeyId")}},
	{name: "a parameter that nobody declared", gate: "validate", at: topic, edits: []edit{set(ref("Environment"), "TopicName")}},
	{name: "a pseudo parameter that is misspelt", gate: "validate", at: topic, edits: []edit{set(ref("AWS::AccountID"), "TopicName")}},
	{name: "an output of what is not there", gate: "validate", at: topic, edits: unchanged, says: []place{declared("delivery", "Topic")}, beside: declare("Outputs", "Topic", map[string]any{"Value": ref("Topic")})},
	{name: "an output without a value", gate: "validate", at: topic, edits: unchanged, says: []place{declared("delivery", "Topic")}, beside: declare("Outputs", "Topic", map[string]any{"Description": "the topic"})},
	{name: "an output whose name CloudFormation refuses", gate: "validate", at: topic, edits: unchanged, says: []place{declared("delivery", "alerts-topic")}, beside: declare("Outputs", "alerts-topic", map[string]any{"Value": ref("AlertsTopicCF7C81C9")})},
	{name: "an output of a condition that is not there", gate: "validate", at: topic, edits: unchanged, says: []place{declared("delivery", "Topic")}, beside: declare("Outputs", "Topic", map[string]any{"Value": "x", "Condition": "IsProd"})},
	{name: "a condition with three sides", gate: "validate", at: topic, edits: unchanged, says: []place{declared("delivery", "IsProd")}, beside: declare("Conditions", "IsProd", as("Fn::Equals", []any{"a", "b", "c"}))},
	{name: "a condition that asks a resource", gate: "validate", at: topic, edits: unchanged, says: []place{declared("delivery", "IsProd")}, beside: declare("Conditions", "IsProd", as("Fn::Equals", []any{ref("AlertsTopicCF7C81C9"), "x"}))},
	{name: "a parameter without a type", gate: "validate", at: topic, edits: unchanged, says: []place{declared("delivery", "Stage")}, beside: declare("Parameters", "Stage", map[string]any{"Default": "dev"})},
	{name: "a parameter without a value", gate: "validate", at: topic, edits: []edit{set(ref("Stage"), "TopicName")}, says: []place{declared("delivery", "Stage"), topic}, beside: declare("Parameters", "Stage", map[string]any{"Type": "String"})},
	{name: "a mapping that is flat", gate: "validate", at: topic, edits: unchanged, says: []place{declared("delivery", "Sizes")}, beside: declare("Mappings", "Sizes", map[string]any{"dev": "small"})},
	{name: "an export whose name is taken", gate: "validate", at: topic, edits: unchanged, says: []place{declared("delivery", "A"), declared("delivery", "B")}, beside: func(t map[string]any) {
		section(t, "Outputs")["A"] = map[string]any{"Value": "a", "Export": map[string]any{"Name": "topic"}}
		section(t, "Outputs")["B"] = map[string]any{"Value": "b", "Export": map[string]any{"Name": "topic"}}
	}},
	{name: "an import that nobody exports", gate: "validate", at: topic, edits: []edit{set(as("Fn::ImportValue", "platform-key"), "KmsMasterKeyId")}},
	{name: "a role by its name", gate: "validate", at: handler, edits: []edit{set(ref("ClusterKubectlProviderHandlerServiceRole1F31C848"), "Role")}},
	{name: "the cluster's role by its name", gate: "validate", at: cluster, edits: []edit{set(ref("ClusterRole5FCB64C0"), "RoleArn")}},
	{name: "a Pod Identity's role by its name", gate: "validate", at: association, edits: []edit{set(ref("sourcecontrollerRole4DBEA2AA"), "RoleArn")}},
	{name: "the cluster by its ARN", gate: "validate", at: metricsServer, edits: []edit{set(getAtt("ClusterC2E21B66", "Arn"), "ClusterName")}},
	{name: "flow logs to the ARN of a group", gate: "validate", at: flowLogs, edits: []edit{set(getAtt("NetworkFlowsF5DB04FD", "Arn"), "LogGroupName")}},
	{name: "a VPC by its range", gate: "validate", at: privateSubnet, edits: []edit{set(getAtt("NetworkVpc7FB7348F", "CidrBlock"), "VpcId")}},
	{name: "a topic by its name", gate: "rules", at: failedBuild, edits: []edit{set(getAtt("AlertsTopicCF7C81C9", "TopicName"), "Targets", 0, "Arn")}},
	{name: "a project by its ARN", gate: "validate", at: pipeline, edits: []edit{set(getAtt("DeliveryBuildD765F282", "Arn"), "Stages", 1, "Actions", 0, "Configuration", "ProjectName")}},
	{name: "a resource that waits for itself", gate: "validate", at: topic, edits: []edit{setIn([]any{"AlertsTopicCF7C81C9"}, "DependsOn")}},
	{name: "DependsOn as a reference", gate: "validate", at: topic, edits: []edit{setIn([]any{ref("Key961B73FD")}, "DependsOn")}},
	{name: "an output of a stack that is not there", gate: "rules", at: association, edits: []edit{set("platform-prod-cluster:ExportsOutputRefClusterC2E21B6698A4B5E0", "ClusterName", "Fn::ImportValue")}},
	{name: "the cluster's name is a function's ARN", gate: "rules", at: association, edits: []edit{set("platform-dev-cluster:ExportsOutputFnGetAttClusterKubectlProviderframeworkonEventD0C75FD8Arn638D93C2", "ClusterName", "Fn::ImportValue")}},
	{name: "two repositories of one name", gate: "rules", at: images, edits: unchanged, says: []place{images, declared("app-hello", "Again")}, beside: again("Images2D38C313", "Again")},
	{name: "two associations of one account", gate: "rules", at: association, edits: unchanged, says: []place{association, declared("dev-gitops", "Again")}, beside: again("sourcecontrollerAssociation29C4794F", "Again")},
	{name: "a logical id that CloudFormation refuses", gate: "rules", at: topic, edits: unchanged, says: []place{declared("delivery", "Alerts-Topic")}, beside: another("Alerts-Topic", "AWS::SNS::Topic", map[string]any{"KmsMasterKeyId": "alias/aws/sns"})},
	{name: "an alias of nothing", gate: "rules", at: at("dev-cluster", "AWS::KMS::Alias", ""), edits: []edit{set("platform-dev", "AliasName")}},
	{name: "the seed and the app's code are swapped", gate: "seed", at: seedRepo, edits: []edit{set("51e9d7c80cc2ab0b7d7dfe7a4d56ac790acb99938661fe8164d4a5fa03a994d4.zip", "Code", "S3", "Key")}},
}
