package rules

const endpoint = "AWS::EC2::VPCEndpoint"

var gatewayFaults = []fault{
	{"nat-public-subnet", "", natGateway, refTo("SubnetId", subnet, "PrivateSubnet1", ""), "no route to the internet gateway", ""},
	{"nat-public-subnet", "", natGateway, set("ConnectivityType", "private"), "is not reached through it", ""},
	{"nat-address", "", natGateway, refTo("AllocationId", vpc, "", ""), "want that of an elastic IP", ""},
	{"nat-address", "", natGateway, twin, "an address serves one", ""},
	{"nat-order", "", natGateway, loose, "before its subnet's route to the internet", ""},
	{"nat-used", "prod-like:prod-network/Network/Vpc/PrivateSubnet2/DefaultRoute", route, refTo("NatGatewayId", natGateway, "PublicSubnet1", ""), "no route leads", natGateway + ":prod-network/Network/Vpc/PublicSubnet2"},
	{"nat-zone", "prod-like:prod-network/Network/Vpc/PrivateSubnet2/DefaultRoute", route, refTo("NatGatewayId", natGateway, "PublicSubnet1", ""), "of another zone", ""},
	{"nat-vpc", ":PublicSubnet1", subnet, set("VpcId", "vpc-0123456789abcdef0"), "is in another VPC", route + ":PrivateSubnet1"},
	{"elastic-ip-domain", "", "AWS::EC2::EIP", set("Domain", "standard"), "address of a VPC", ""},
	{"endpoint-service", "isolated:ecr.api", endpoint, set("ServiceName", "com.amazonaws.eu-west-1.ecr.apis"), `"ecr.apis", which is no service`, ""},
	{"endpoint-service", "isolated:ecr.api", endpoint, set("ServiceName", "com.amazonaws.us-east-1.ecr.api"), "not of the stack's Region", ""},
	{"endpoint-service", "isolated:ecr.api", endpoint, set("ServiceName", "ecr.api"), "want com.amazonaws", ""},
	{"endpoint-interface", "isolated:ecr.api", endpoint, set("PrivateDnsEnabled", false), "public address", ""},
	{"endpoint-interface", "isolated:ecr.api", endpoint, refTo("SubnetIds.0", subnet, "PublicSubnet1", ""), "public subnet", ""},
	{"endpoint-interface", "isolated:ecr.api", endpoint, refTo("SubnetIds.0", subnet, "PrivateSubnet2", ""), "are in one zone", ""},
	{"endpoint-interface", "isolated:ecr.api", endpoint, set("SecurityGroupIds", nil), "lets nobody in", ""},
	{"endpoint-interface", "isolated:ecr.api/SecurityGroup", "AWS::EC2::SecurityGroup", set("SecurityGroupIngress.0.ToPort", 442.0), "times out", endpoint + ":ecr.api"},
	{"endpoint-interface", "isolated:ecr.api/SecurityGroup", "AWS::EC2::SecurityGroup", set("SecurityGroupIngress.0.CidrIp", "10.0.0.0/24"), "times out", endpoint + ":ecr.api"},
	{"endpoint-gateway", ":S3", endpoint, refTo("RouteTableIds.0", "AWS::EC2::RouteTable", "PrivateSubnet2", ""), "through NAT, or nowhere", ""},
	{"endpoint-gateway", ":S3", endpoint, set("ServiceName", "com.amazonaws.${AWS::Region}.ecr.api"), "has no gateway endpoint", ""},
	{"endpoint-duplicate", "isolated:ecr.api", endpoint, twin, "cannot have the same private name", ""},
	{"endpoint-limit", "isolated:S3", endpoint, set("PolicyDocument", nil), "no way out but this one", ""},
	{"endpoint-limit", "isolated:S3", endpoint, set("PolicyDocument.Statement.1.Action", "s3:GetObject"), "the answers of handlers", ""},
	{"endpoint-limit", "isolated:S3", endpoint, set("PolicyDocument.Statement.0.Condition", map[string]any{"StringEquals": map[string]any{"aws:PrincipalAccount": "111111111111"}}), "image layers", ""},
	{"endpoint-limit", ":S3", endpoint, set("PolicyDocument", map[string]any{"Statement": []any{map[string]any{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}}}), "image layers", ""},
	{"endpoint-s3", ":S3", endpoint, drop, "no endpoint for S3", vpc},
}
