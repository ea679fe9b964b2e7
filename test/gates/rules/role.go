package rules

import (
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// roleRules are about what the roles of a cluster need to have: EKS takes a role
// without, and nodes then never become ready.
var roleRules = []rule{
	{"eks-cluster-role", each(clusterRole, "AWS::EKS::Cluster")},
	{"eks-node-role", each(nodeRole, "AWS::EKS::Cluster", "AWS::EKS::Nodegroup")},
	{"addon-role", each(addonRole, "AWS::EKS::Addon")},
	{"iam-user", each(iamUser, "AWS::IAM::User", "AWS::IAM::AccessKey", "AWS::IAM::Group")},
	{"role-session", each(roleSession, "AWS::IAM::Role")},
}

// managedPolicies are the names of the role's managed policies.
func (v *review) managedPolicies(role *assembly.Resource) []string {
	var names []string
	for _, arn := range v.texts(role.Stack, role.Get("ManagedPolicyArns")) {
		names = append(names, base(arn))
	}
	return names
}

// need wants the role to have one of each group of managed policies.
func (v *review) need(r, role *assembly.Resource, groups ...[]string) {
	have := v.managedPolicies(role)
	for _, group := range groups {
		if !slices.ContainsFunc(group, func(name string) bool { return slices.Contains(have, name) }) {
			v.wrong(role, "add the managed policy "+group[0], "the role of %s has no %s", r.LogicalID, strings.Join(group, " or "))
		}
	}
}

// clusterRole wants the policies that EKS documents.
// https://docs.aws.amazon.com/eks/latest/userguide/auto-cluster-iam-role.html
func clusterRole(v *review, r *assembly.Resource) {
	role := v.target(r.Stack, r.Get("RoleArn"))
	if role == nil || role.Type != "AWS::IAM::Role" {
		v.wrong(r, "refer to a role of the stack", "RoleArn is %s, want a role", shown(v.text(r.Stack, r.Get("RoleArn"))))
		return
	}
	v.need(r, role, []string{"AmazonEKSClusterPolicy"})
	if !autoMode(r) {
		return
	}
	for _, name := range []string{"AmazonEKSComputePolicy", "AmazonEKSBlockStoragePolicy", "AmazonEKSLoadBalancingPolicy", "AmazonEKSNetworkingPolicy"} {
		v.need(r, role, []string{name})
	}
	if !v.trusts(role, "eks.amazonaws.com", "sts:AssumeRole", "sts:TagSession") {
		v.wrong(role, "trust eks.amazonaws.com with sts:AssumeRole and sts:TagSession", "Auto Mode takes the role with sts:TagSession, which its trust policy does not allow")
	}
}

// nodeRole wants nodes to be able to join and to pull images.
// https://docs.aws.amazon.com/eks/latest/userguide/create-node-role.html
func nodeRole(v *review, r *assembly.Resource) {
	value := r.Get("NodeRole")
	groups := [][]string{{"AmazonEKSWorkerNodePolicy"}, {"AmazonEKS_CNI_Policy"}}
	if r.Type == "AWS::EKS::Cluster" {
		value, groups = r.Get("ComputeConfig", "NodeRoleArn"), [][]string{{"AmazonEKSWorkerNodeMinimalPolicy", "AmazonEKSWorkerNodePolicy"}}
	}
	role := v.target(r.Stack, value)
	if role == nil || role.Type != "AWS::IAM::Role" {
		if value != nil && (role != nil || !principalARN.MatchString(v.text(r.Stack, value))) {
			v.wrong(r, "refer to an AWS::IAM::Role", "its node role is %s, want the ARN of a role", shown(v.text(r.Stack, value)))
		}
		return
	}
	v.need(r, role, append(groups, []string{"AmazonEC2ContainerRegistryPullOnly", "AmazonEC2ContainerRegistryReadOnly"})...)
	if !v.trusts(role, "ec2.amazonaws.com", "sts:AssumeRole") {
		v.wrong(role, "trust ec2.amazonaws.com with sts:AssumeRole", "nodes cannot take the role: its trust policy does not let EC2")
	}
}

// addonRole wants the role of the EBS driver to be able to make volumes.
func addonRole(v *review, r *assembly.Resource) {
	if v.text(r.Stack, r.Get("AddonName")) != "aws-ebs-csi-driver" {
		return
	}
	for _, identity := range assembly.List(r.Get("PodIdentityAssociations")) {
		if role := v.target(r.Stack, at(identity, "RoleArn")); role != nil {
			v.need(r, role, []string{"AmazonEBSCSIDriverPolicy", "AmazonEBSCSIDriverPolicyV2"})
		}
	}
}

// iamUser wants roles only: a user's key lives until somebody thinks of it.
func iamUser(v *review, r *assembly.Resource) {
	v.wrong(r, "use a role, and Pod Identity or OIDC to take it", "the platform has no IAM users, groups and access keys: their credentials do not expire")
}

// roleSession is IAM's range, in seconds; what is taken with a token from
// outside AWS is kept for the least, an hour.
func roleSession(v *review, r *assembly.Resource) {
	seconds, ok := number(r.Get("MaxSessionDuration"))
	outside := slices.ContainsFunc(statementsIn(r.Get("AssumeRolePolicyDocument")), func(s any) bool { return v.allows(s, "sts:AssumeRoleWithWebIdentity") })
	switch {
	case ok && (seconds < 3600 || seconds > 43200):
		v.wrong(r, "use 3600 to 43200", "MaxSessionDuration is %v, IAM takes 3600 to 43200 seconds", seconds)
	case ok && outside && seconds > 3600:
		v.wrong(r, "use 3600", "MaxSessionDuration is %v: who gets hold of a workflow's credentials has them for %v hours", seconds, seconds/3600)
	}
}
