package rules

import (
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// clusterRules are the posture of the control plane.
// https://docs.aws.amazon.com/eks/latest/best-practices/security.html
var clusterRules = []rule{
	{"eks-public-endpoint", each(publicEndpoint, "AWS::EKS::Cluster")},
	{"eks-control-plane-logs", each(controlPlaneLogs, "AWS::EKS::Cluster")},
	{"eks-log-group", each(clusterLogGroup, "AWS::EKS::Cluster")},
	{"eks-secrets-encryption", each(secretsEncryption, "AWS::EKS::Cluster")},
	{"eks-cluster-name", each(clusterName, "AWS::EKS::Addon", "AWS::EKS::AccessEntry", "AWS::EKS::Nodegroup", "AWS::EKS::PodIdentityAssociation")},
	{"eks-service-range", each(serviceRange, "AWS::EKS::Cluster")},
	{"eks-one-cluster", oneCluster},
}

// publicEndpoint wants the public endpoint off, or open to named networks only [EKS.1].
func publicEndpoint(v *review, r *assembly.Resource) {
	access := r.Get("ResourcesVpcConfig", "EndpointPublicAccess")
	networks := v.texts(r.Stack, r.Get("ResourcesVpcConfig", "PublicAccessCidrs"))
	switch {
	case access == nil:
		v.wrong(r, "set ResourcesVpcConfig.EndpointPublicAccess to false",
			"EndpointPublicAccess is not set, which means a Kubernetes API that is open to the internet")
	case conditional(access) && len(networks) == 0:
		v.wrong(r, "set EndpointPublicAccess to false, or set PublicAccessCidrs",
			"EndpointPublicAccess depends on a condition and PublicAccessCidrs is empty: one of its values opens the Kubernetes API to everybody")
	case isTrue(access) && len(networks) == 0:
		v.wrong(r, "set PublicAccessCidrs to the networks that need the endpoint, or EndpointPublicAccess to false",
			"the Kubernetes API is public and PublicAccessCidrs is empty, which means everybody")
	case !isTrue(access) && !conditional(access):
		return
	}
	for _, network := range networks {
		prefix, err := parsePrefix(network)
		switch {
		case err != nil:
			v.wrong(r, "write the network as an IPv4 CIDR such as 203.0.113.0/24", "PublicAccessCidrs has %s, which is no CIDR", shown(network))
		case prefix.Bits() < widestPublic:
			v.wrong(r, "name the networks that need the endpoint, /8 or smaller",
				"PublicAccessCidrs opens the Kubernetes API to %s, want networks of /%d or smaller", network, widestPublic)
		case prefix.Addr().IsPrivate():
			v.wrong(r, "name the public addresses that requests come from",
				"PublicAccessCidrs has the private network %s, from which nothing reaches a public endpoint", network)
		}
	}
}

// widestPublic is the widest network that may reach a public endpoint, as in the settings.
const widestPublic = 8

// controlPlaneLogs wants all five kinds [EKS.8].
// https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html
func controlPlaneLogs(v *review, r *assembly.Resource) {
	want := []string{"api", "audit", "authenticator", "controllerManager", "scheduler"}
	var have []string
	for _, item := range assembly.List(r.Get("Logging", "ClusterLogging", "EnabledTypes")) {
		kind, _ := at(item, "Type").(string)
		have = append(have, kind)
		if !slices.Contains(want, kind) {
			v.wrong(r, "use "+one(want), "the control-plane log %s does not exist, those that do are %s", shown(kind), one(want))
		}
	}
	missing := slices.DeleteFunc(want, func(kind string) bool { return slices.Contains(have, kind) })
	if len(missing) > 0 {
		v.wrong(r, "add "+strings.Join(missing, ", ")+" to Logging.ClusterLogging.EnabledTypes",
			"the control-plane logs %s are off: an intrusion or a fault leaves no trace there", strings.Join(missing, ", "))
	}
}

// clusterLogGroup wants the group that EKS writes to, and wants it first: EKS
// makes a missing one itself, without retention. It does so after a deletion,
// too, so that AWS::Logs::LogGroup would fail with "already exists".
func clusterLogGroup(v *review, r *assembly.Resource) {
	name := v.text(r.Stack, r.Get("Name"))
	if name == "" {
		v.wrong(r, "set Name: role policies, Flux and the log group are made with it", "the cluster has no name")
		return
	}
	want := "/aws/eks/" + name + "/cluster"
	for _, group := range r.Stack.All("AWS::Logs::LogGroup", "Custom::LogGroup") {
		if v.text(group.Stack, group.Get("LogGroupName")) != want {
			continue
		}
		if group.Type == "AWS::Logs::LogGroup" {
			v.wrong(group, "declare a Custom::LogGroup", "EKS writes to %s after it was deleted: the next deployment fails, because it is there", want)
		}
		if !after(r, group) {
			v.wrong(r, "add DependsOn "+group.LogicalID,
				"the cluster may be made before its log group %s: EKS then makes one that never expires, and writes on when it is deleted", group.LogicalID)
		}
		return
	}
	v.wrong(r, "declare a Custom::LogGroup with LogGroupName "+want,
		"no log group of the stack is called %s: EKS makes one that never expires and outlives the cluster", want)
}

// secretsEncryption wants Kubernetes Secrets under a key of the customer's [EKS.3].
func secretsEncryption(v *review, r *assembly.Resource) {
	const fix = "set EncryptionConfig to resources [secrets] and the key of the cluster's stack"
	configs := assembly.List(r.Get("EncryptionConfig"))
	if len(configs) == 0 {
		v.wrong(r, fix, "EncryptionConfig is not set: Kubernetes Secrets are not under a key of yours")
	}
	for _, config := range configs {
		if !slices.Equal(v.texts(r.Stack, at(config, "Resources")), []string{"secrets"}) {
			v.wrong(r, fix, "EncryptionConfig.Resources is %s, EKS takes \"secrets\" alone", one(v.texts(r.Stack, at(config, "Resources"))))
		}
		arn := at(config, "Provider", "KeyArn")
		if key := v.target(r.Stack, arn); key == nil && !strings.Contains(v.text(r.Stack, arn), ":key/") || key != nil && key.Type != "AWS::KMS::Key" {
			v.wrong(r, fix, "EncryptionConfig.Provider.KeyArn is %s, want the ARN of a key", shown(v.text(r.Stack, arn)))
		}
	}
}

// clusterName wants what belongs to a cluster to name one that is there.
func clusterName(v *review, r *assembly.Resource) {
	if v.clusterOf(r) == nil {
		v.wrong(r, "refer to the cluster of the environment", "ClusterName is %s, and no cluster of the assembly is called so",
			shown(v.text(r.Stack, r.Get("ClusterName"))))
	}
}

// serviceRange wants the addresses of Services apart from the VPC's.
func serviceRange(v *review, r *assembly.Resource) {
	text := v.text(r.Stack, r.Get("KubernetesNetworkConfig", "ServiceIpv4Cidr"))
	if text == "" {
		return // EKS takes one that the VPC does not have
	}
	services, err := parsePrefix(text)
	if err != nil || services.Bits() < 12 || services.Bits() > 24 || !services.Addr().IsPrivate() {
		v.wrong(r, "use a private CIDR of /12 to /24, or leave ServiceIpv4Cidr out", "ServiceIpv4Cidr is %s, EKS takes a private CIDR of /12 to /24", text)
		return
	}
	for _, vpc := range v.vpcsOf(r.Stack, r.Get("ResourcesVpcConfig", "SubnetIds")) {
		if network, err := parsePrefix(v.text(vpc.Stack, vpc.Get("CidrBlock"))); err == nil && network.Overlaps(services) {
			v.wrong(r, "choose another range, or leave ServiceIpv4Cidr out", "ServiceIpv4Cidr %s overlaps the VPC %s, %s", services, vpc.LogicalID, network)
		}
	}
}

// oneCluster wants a stack to speak of one cluster: a reference to that of
// another environment fits every other rule.
func oneCluster(v *review) {
	for _, s := range v.assembly.Stacks {
		members := map[*assembly.Resource][]*assembly.Resource{}
		var most *assembly.Resource
		for _, r := range s.All() {
			if cluster := v.clusterOf(r); r.Get("ClusterName") != nil && cluster != nil {
				members[cluster] = append(members[cluster], r)
				if most == nil || len(members[cluster]) > len(members[most]) {
					most = cluster
				}
			}
		}
		for cluster, odd := range members {
			if cluster == most {
				continue
			}
			for _, r := range odd {
				v.wrong(r, "refer to the cluster "+most.Stack.ID+"/"+most.LogicalID, "it belongs to the cluster %s/%s, the rest of the stack to %s/%s",
					cluster.Stack.ID, cluster.LogicalID, most.Stack.ID, most.LogicalID)
			}
		}
	}
}
