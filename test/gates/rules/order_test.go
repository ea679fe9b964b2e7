package rules

var orderFaults = []fault{
	{"order-node-addons", "node-groups", nodeGroup, loose, "before the add-on eks-pod-identity-agent", ""},
	{"order-addon-nodes", "node-groups:coredns", addon, loose, "before there is a node", ""},
	{"order-addon-nodes", "node-groups:kube-proxy", addon, refTo("ClusterName", nodeGroup, "", ""), "which wait for it", ""},
	{"order-handler-access", "", parameter, loose, "before the handler has access", "Custom::AWSCDK-EKS-KubernetesResource:NetworkPolicies"},
}
