package mutation

var (
	publicRoute  = at("dev-network", "AWS::EC2::Route", "PublicSubnet1")
	privateRoute = at("dev-network", "AWS::EC2::Route", "PrivateSubnet2")
	natGateway   = at("dev-network", "AWS::EC2::NatGateway", "")
	bucketDoor   = at("dev-network", "AWS::EC2::VPCEndpoint", "Vpc/S3")
	stsDoor      = at("dev-network", "AWS::EC2::VPCEndpoint", "Vpc/sts")
	stsDoorGroup = at("dev-network", "AWS::EC2::SecurityGroup", "Vpc/sts")
	prodRoute    = at("prod-network", "AWS::EC2::Route", "PrivateSubnet2")
)

func ingress(rule map[string]any) edit { return set([]any{rule}, "SecurityGroupIngress") }

var moreNetworkFaults = []fault{
	{name: "a public subnet leads nowhere", gate: "rules", at: publicRoute, edits: []edit{gone}, says: []place{publicSubnet, natGateway, at("dev-network", "AWS::EC2::RouteTable", "PublicSubnet1")}},
	{name: "the way out is for one range only", gate: "rules", at: privateRoute, edits: []edit{set("10.0.0.0/8", "DestinationCidrBlock")}, says: []place{privateRoute, privateSubnet, at("dev-network", "AWS::EC2::RouteTable", "PrivateSubnet2")}},
	{name: "a route without a target", gate: "rules", at: privateRoute, edits: []edit{drop("NatGatewayId")}},
	{name: "a private subnet uses a public route table", gate: "rules", at: at("dev-network", "AWS::EC2::SubnetRouteTableAssociation", "PrivateSubnet2"), edits: []edit{set(ref("NetworkVpcPublicSubnet1RouteTable30235CE2"), "RouteTableId")}, says: []place{privateSubnet, at("dev-network", "AWS::EC2::SubnetRouteTableAssociation", "PrivateSubnet2")}},
	{name: "two private subnets in one zone", gate: "rules", at: privateSubnet, edits: []edit{set("Zone1", "AvailabilityZone", "Fn::GetAtt", 1)}},
	{name: "the internet route does not wait for the gateway", gate: "rules", at: publicRoute, edits: []edit{dropIn("DependsOn")}},
	{name: "the S3 endpoint is not in the private tables", gate: "rules", at: bucketDoor, edits: []edit{set([]any{ref("NetworkVpcPublicSubnet1RouteTable30235CE2")}, "RouteTableIds")}},
	{name: "the control plane is open over IPv6", gate: "rules", at: controlPlane, edits: []edit{ingress(map[string]any{"CidrIpv6": "::/0", "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443})}},
	{name: "SSH is open, in a rule of its own", gate: "rules", at: controlPlane, edits: unchanged, says: []place{declared("dev-cluster", "Ssh")}, beside: another("Ssh", "AWS::EC2::SecurityGroupIngress", map[string]any{"GroupId": getAtt("ClusterControlPlaneSecurityGroupE5E5A265", "GroupId"), "CidrIp": "0.0.0.0/0", "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22})},
	{name: "ports the wrong way round", gate: "rules", at: controlPlane, edits: []edit{ingress(map[string]any{"CidrIp": "10.0.0.0/16", "IpProtocol": "tcp", "FromPort": 443, "ToPort": 80})}},
	{name: "half the internet, twice", gate: "rules", at: controlPlane, edits: []edit{set([]any{map[string]any{"CidrIp": "0.0.0.0/1", "IpProtocol": "-1"}, map[string]any{"CidrIp": "128.0.0.0/1", "IpProtocol": "-1"}}, "SecurityGroupIngress")}},
	{name: "a VPC larger than AWS allows", gate: "rules", at: vpc, edits: []edit{set("10.0.0.0/8", "CidrBlock")}},
	{name: "a VPC of somebody else's addresses", gate: "rules", at: vpc, edits: []edit{set("8.8.0.0/16", "CidrBlock")}},
	{name: "hosts in the network's bits", gate: "rules", at: privateSubnet, edits: []edit{set("10.0.65.0/19", "CidrBlock")}},
	{name: "a private subnet with room for eleven", gate: "rules", at: privateSubnet, edits: []edit{set("10.0.64.0/28", "CidrBlock")}},
	{name: "services in the VPC's range", gate: "rules", at: cluster, edits: []edit{set("10.0.0.0/16", "KubernetesNetworkConfig", "ServiceIpv4Cidr")}},
	{name: "hardware of one's own", gate: "rules", at: vpc, edits: []edit{set("dedicated", "InstanceTenancy")}},
	{name: "names are not resolved", gate: "rules", at: vpc, edits: []edit{set(false, "EnableDnsSupport")}},
	{name: "names are not resolved, as a text", gate: "rules", at: vpc, edits: []edit{set("false", "EnableDnsHostnames")}},
	{name: "public addresses, as a text", gate: "rules", at: privateSubnet, edits: []edit{set("true", "MapPublicIpOnLaunch")}},
	{name: "flow logs without a role", gate: "rules", at: flowLogs, edits: []edit{drop("DeliverLogsPermissionArn")}},
	{name: "flow logs of a subnet", gate: "rules", at: flowLogs, edits: []edit{set(ref("NetworkVpcPrivateSubnet1Subnet6DD86AE6"), "ResourceId"), set("Subnet", "ResourceType")}, says: []place{flowLogs, vpc}},
	{name: "the NAT gateway has no address", gate: "rules", at: natGateway, edits: []edit{drop("AllocationId")}},
	{name: "the NAT gateway is private", gate: "rules", at: natGateway, edits: []edit{set("private", "ConnectivityType"), drop("AllocationId")}},
	{name: "the default group stays open", gate: "rules", at: at("dev-network", "Custom::VpcRestrictDefaultSG", ""), edits: []edit{gone}, says: []place{vpc}},
	{name: "a subnet in a zone of another Region", gate: "rules", variant: "prod-like", at: at("prod-network", "AWS::EC2::Subnet", "PrivateSubnet2"), edits: []edit{set("eu-west-1b", "AvailabilityZone")}},
	{name: "a zone's way out is in another", gate: "rules", variant: "prod-like", at: prodRoute, edits: []edit{set(ref("NetworkVpcPublicSubnet1NATGateway64781A21"), "NatGatewayId")}},
	{name: "the S3 endpoint lets nothing through", gate: "rules", at: bucketDoor, edits: []edit{set(map[string]any{"Statement": []any{map[string]any{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}}}, "PolicyDocument")}},
	{name: "the S3 endpoint lets through what is one's own", gate: "rules", at: bucketDoor, edits: []edit{set(map[string]any{"Statement": []any{map[string]any{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::acme-*"}}}, "PolicyDocument")}},
	{name: "a tag of AWS's own", gate: "rules", at: vpc, edits: []edit{add(map[string]any{"Key": "aws:owner", "Value": "us"}, "Tags")}},
	{name: "no door to STS", gate: "rules", variant: "isolated", at: stsDoor, edits: []edit{gone}, says: []place{at("dev-network", "AWS::EC2::VPC", "")}},
	{name: "a door that nobody finds", gate: "rules", variant: "isolated", at: stsDoor, edits: []edit{set(false, "PrivateDnsEnabled")}},
	{name: "a door that nobody finds, as a text", gate: "rules", variant: "isolated", at: stsDoor, edits: []edit{set("false", "PrivateDnsEnabled")}},
	{name: "a door of another Region", gate: "rules", variant: "isolated", at: stsDoor, edits: []edit{set("com.amazonaws.us-east-1.sts", "ServiceName")}},
	{name: "a door of a service that is misspelt", gate: "rules", variant: "isolated", at: stsDoor, edits: []edit{set("com.amazonaws.eu-west-1.sst", "ServiceName")}},
	{name: "a door that is locked", gate: "rules", variant: "isolated", at: stsDoorGroup, edits: []edit{set(80, "SecurityGroupIngress", 0, "FromPort"), set(80, "SecurityGroupIngress", 0, "ToPort")}, says: []place{stsDoor, stsDoorGroup}},
	{name: "a door for another network", gate: "rules", variant: "isolated", at: stsDoorGroup, edits: []edit{set("192.168.0.0/16", "SecurityGroupIngress", 0, "CidrIp")}, says: []place{stsDoor, stsDoorGroup}},
	{name: "a door without anyone let in", gate: "rules", variant: "isolated", at: stsDoorGroup, edits: []edit{drop("SecurityGroupIngress")}, says: []place{stsDoor, stsDoorGroup}},
	{name: "two doors to one service", gate: "rules", variant: "isolated", at: at("dev-network", "AWS::EC2::VPCEndpoint", "Vpc/kms"), edits: []edit{set("com.amazonaws.eu-west-1.sts", "ServiceName")}, says: []place{stsDoor, at("dev-network", "AWS::EC2::VPCEndpoint", "Vpc/kms"), at("dev-network", "AWS::EC2::VPC", "")}},
	{name: "a door whose policy forbids", gate: "iam", variant: "isolated", at: stsDoor, edits: []edit{set(map[string]any{"Statement": []any{map[string]any{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}}}, "PolicyDocument")}},
	{name: "the isolated network gets a way out", gate: "rules", variant: "isolated", at: at("dev-network", "AWS::EC2::RouteTable", "PrivateSubnet1"), edits: unchanged, says: []place{declared("dev-network", "Out")}, beside: another("Out", "AWS::EC2::Route", map[string]any{"RouteTableId": ref("NetworkVpcPrivateSubnet1RouteTable7D7AA3CD"), "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": ref("NetworkVpcIGW6BEA7B02")})},
	{name: "a subnet twice", gate: "rules", variant: "existing-vpc", at: cluster, edits: []edit{set([]any{"subnet-0aaaaaaaaaaaaaaa1", "subnet-0aaaaaaaaaaaaaaa1"}, "ResourcesVpcConfig", "SubnetIds")}},
	{name: "a subnet's id that is none", gate: "rules", variant: "existing-vpc", at: cluster, edits: []edit{set([]any{"subnet-0aaaaaaaaaaaaaaa1", "subnet-private-2"}, "ResourcesVpcConfig", "SubnetIds")}},
}
