package rules

const (
	accessEntry    = "AWS::EKS::AccessEntry"
	podAssociation = "AWS::EKS::PodIdentityAssociation"
	addon          = "AWS::EKS::Addon"
)

var accessFaults = []fault{
	{"eks-access-policy", "", accessEntry, set("AccessPolicies.0.PolicyArn", "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAdmin"), `no access policy "AmazonEKSAdmin"`, ""},
	{"eks-access-policy", "", accessEntry, set("AccessPolicies.0.PolicyArn", "arn:aws:iam::aws:policy/AmazonEKSClusterAdminPolicy"), "want an access policy of EKS", ""},
	{"eks-access-policy", "", accessEntry, set("AccessPolicies", nil), "may do nothing", ""},
	{"eks-access-scope", "", accessEntry, set("AccessPolicies.0.AccessScope.Type", "namespace"), "none is named", ""},
	{"eks-access-scope", "", accessEntry, set("AccessPolicies.0.AccessScope.Type", "all"), `want "cluster" or "namespace"`, ""},
	{"eks-access-principal", "", accessEntry, set("PrincipalArn", "arn:aws:iam::111111111111:root"), "one IAM role or user", ""},
	{"eks-access-principal", "", accessEntry, refTo("PrincipalArn", "AWS::KMS::Key", "", "Arn"), "which is an AWS::KMS::Key", ""},
	{"eks-access-principal", "", accessEntry, twin, "has the entry", "AWS::EKS::AccessEntry"},
	{"eks-access-groups", "", accessEntry, set("KubernetesGroups", []any{"system:masters"}), "system:masters", ""},
	{"eks-access-width", "prod-like:/Viewers/", accessEntry, set("AccessPolicies.0.PolicyArn", "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"), "a viewer gets AmazonEKSClusterAdminPolicy", ""},
	{"eks-handler-access", "", accessEntry, drop, "Flux cannot be installed", "AWS::Lambda::Function:KubectlProvider/Handler"},
	{"pod-identity-account", ":source-controller", podAssociation, set("ServiceAccount", "source-contoller"), "no controller of Flux runs as that", ""},
	{"pod-identity-account", ":source-controller", podAssociation, set("Namespace", "default"), "Flux's controllers run in flux-system", ""},
	{"pod-identity-account", ":source-controller", podAssociation, refTo("RoleArn", "AWS::IAM::Role", "image-automation", "Arn"), "which is for image-automation-controller", ""},
	{"pod-identity-role", ":source-controller", podAssociation, set("RoleArn", "source-controller"), "want the ARN of a role", ""},
	{"pod-identity-role", ":source-controller", "AWS::IAM::Role", set("AssumeRolePolicyDocument.Statement.0.Action", "sts:AssumeRole"), "does not let EKS Pod Identity", ""},
	{"pod-identity-role", ":source-controller", "AWS::IAM::Role", set("AssumeRolePolicyDocument.Statement.0.Condition", nil), "wants the tag eks-cluster-arn to be", ""},
	{"pod-identity-role", ":source-controller", "AWS::IAM::Role", set("AssumeRolePolicyDocument.Statement.0.Condition.StringEquals.aws:RequestTag/eks-cluster-arn", "arn:aws:eks:us-east-1:111111111111:cluster/other"), "cluster/other", ""},
	{"pod-identity-role", ":source-controller", "AWS::IAM::Role", set("AssumeRolePolicyDocument.Statement.0.Condition.StringEquals.aws:RequestTag/kubernetes-namespace", "default"), "wants the tag kubernetes-namespace to be", ""},
	{"pod-identity-role", ":source-controller", "AWS::IAM::Role", set("AssumeRolePolicyDocument.Statement.0.Condition.StringEquals.aws:RequestTag/kubernetes-service-account", "x"), "wants the tag kubernetes-service-account to be", ""},
	{"pod-identity-duplicate", ":source-controller", podAssociation, set("ServiceAccount", "image-automation-controller"), "takes one", ""},
	{"pod-identity-needed", ":source-controller", podAssociation, drop, "cannot pull the config repository", eksCluster},
	{"pod-identity-needed", ":kustomize-controller", podAssociation, drop, "cannot decrypt", eksCluster},
	{"pod-identity-order", ":source-controller", podAssociation, loose, "first calls are denied", ""},
	{"eks-addon-name", "", addon, set("AddonName", "metric-server"), `EKS has no add-on "metric-server"`, ""},
	{"eks-addon-version", "", addon, set("AddonVersion", "1.2.3"), "eksbuild", ""},
	{"eks-addon-version", "", "Custom::AddonVersion", set("AddonName", "coredns"), "of another add-on, coredns", addon},
	{"eks-addon-version", "", "Custom::AddonVersion", set("KubernetesVersion", "1.35"), "for another Kubernetes", addon},
	{"eks-addon-version", "", addon, set("AddonVersion", nil), "leaves the add-on behind", ""},
	{"eks-addon-conflicts", "", addon, set("ResolveConflicts", "NONE"), "update fails", ""},
	{"eks-addon-configuration", "node-groups:vpc-cni", addon, set("ConfigurationValues", "{enableNetworkPolicy: true}"), "no JSON object", ""},
	{"eks-addon-configuration", "node-groups:vpc-cni", addon, set("ConfigurationValues", `{"enableNetworkPolicy":"false"}`), "without effect", ""},
	{"eks-addon-duplicate", "node-groups:coredns", addon, set("AddonName", "aws-ebs-csi-driver"), "already", ""},
	{"eks-addons-needed", "node-groups:eks-pod-identity-agent", addon, drop, "no add-on eks-pod-identity-agent", eksCluster},
	{"eks-addons-needed", "node-groups:vpc-cni", addon, set("ConfigurationValues", nil), "not enforced", ""},
	{"eks-addons-needed", "", addon, drop, "no metrics-server", eksCluster},
	{"eks-addon-identity", "node-groups:aws-ebs-csi-driver", addon, set("PodIdentityAssociations.0.ServiceAccount", "ebs-csi"), "runs as ebs-csi-controller-sa", ""},
	{"eks-addon-identity", "node-groups:aws-ebs-csi-driver", addon, set("PodIdentityAssociations", nil), "the driver has no role", ""},
}
