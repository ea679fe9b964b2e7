package rules

const role = "AWS::IAM::Role"

var roleFaults = []fault{
	{"eks-cluster-role", "", eksCluster, refTo("RoleArn", role, "KubectlProvider/Handler", "Arn"), "has no AmazonEKSClusterPolicy", role + ":KubectlProvider/Handler"},
	{"eks-cluster-role", "", eksCluster, set("RoleArn", "role"), "want a role", ""},
	{"eks-cluster-role", ":Cluster/Role", role, set("ManagedPolicyArns.1", "arn:aws:iam::aws:policy/ReadOnlyAccess"), "has no AmazonEKSComputePolicy", ""},
	{"eks-cluster-role", ":Cluster/Role", role, set("AssumeRolePolicyDocument.Statement.0.Action", "sts:AssumeRole"), "sts:TagSession", ""},
	{"eks-node-role", ":NodeRole", role, set("ManagedPolicyArns", []any{}), "has no AmazonEC2ContainerRegistryPullOnly", ""},
	{"eks-node-role", "node-groups:NodeRole", role, set("ManagedPolicyArns", []any{}), "has no AmazonEKS_CNI_Policy", ""},
	{"eks-node-role", "node-groups:NodeRole", role, set("AssumeRolePolicyDocument.Statement.0.Principal.Service", "eks.amazonaws.com"), "does not let EC2", ""},
	{"addon-role", "node-groups:Volumes", role, set("ManagedPolicyArns", []any{}), "has no AmazonEBSCSIDriverPolicy", ""},
	{"role-session", "", role, set("MaxSessionDuration", 60.0), "3600 to 43200", ""},
	{"role-session", "github:GitHub/Deploy", role, set("MaxSessionDuration", 7200.0), "for 2 hours", ""},
	{"iam-user", "", role, become("AWS::IAM::User"), "no IAM users", ""},
}
