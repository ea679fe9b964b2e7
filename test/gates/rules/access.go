package rules

import (
	"regexp"
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// accessRules are about who may do what in a cluster.
var accessRules = []rule{
	{"eks-access-policy", each(accessPolicy, "AWS::EKS::AccessEntry")},
	{"eks-access-scope", each(accessScope, "AWS::EKS::AccessEntry")},
	{"eks-access-principal", each(accessPrincipal, "AWS::EKS::AccessEntry")},
	{"eks-access-groups", each(accessGroups, "AWS::EKS::AccessEntry")},
	{"eks-access-width", each(accessWidth, "AWS::EKS::AccessEntry")},
	{"eks-handler-access", each(handlerAccess, "AWS::EKS::Cluster")},
}

// accessPolicies are those that AWS has.
// https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
var accessPolicies = []string{
	"AmazonEKSAdminPolicy", "AmazonEKSAdminViewPolicy", "AmazonEKSAutoNodePolicy", "AmazonEKSBlockStorageClusterPolicy",
	"AmazonEKSBlockStoragePolicy", "AmazonEKSClusterAdminPolicy", "AmazonEKSClusterInsightsPolicy", "AmazonEKSComputeClusterPolicy",
	"AmazonEKSComputePolicy", "AmazonEKSEditPolicy", "AmazonEKSHybridPolicy", "AmazonEKSLoadBalancingClusterPolicy",
	"AmazonEKSLoadBalancingPolicy", "AmazonEKSNetworkingClusterPolicy", "AmazonEKSNetworkingPolicy", "AmazonEKSSecretReaderPolicy", "AmazonEKSViewPolicy",
}

// clusterAdmin may do everything.
const clusterAdmin = "AmazonEKSClusterAdminPolicy"

var accessPolicyARN = regexp.MustCompile(`^arn:(?:aws|aws-cn|aws-us-gov|\$\{AWS::Partition\}):eks::aws:cluster-access-policy/(.+)$`)

func accessPolicy(v *review, r *assembly.Resource) {
	policies := assembly.List(r.Get("AccessPolicies"))
	if len(policies) == 0 && len(assembly.List(r.Get("KubernetesGroups"))) == 0 && v.text(r.Stack, r.Get("Type")) == "" {
		v.wrong(r, "add an access policy", "the entry has no access policy: its principal may do nothing")
	}
	for _, policy := range policies {
		arn := v.text(r.Stack, at(policy, "PolicyArn"))
		match := accessPolicyARN.FindStringSubmatch(arn)
		switch {
		case match == nil:
			v.wrong(r, "write arn:aws:eks::aws:cluster-access-policy/<name>", "PolicyArn is %s, want an access policy of EKS", shown(arn))
		case !slices.Contains(accessPolicies, match[1]):
			v.wrong(r, "use one such as AmazonEKSViewPolicy, AmazonEKSEditPolicy or "+clusterAdmin, "EKS has no access policy %s", shown(match[1]))
		}
	}
}

func accessScope(v *review, r *assembly.Resource) {
	for _, policy := range assembly.List(r.Get("AccessPolicies")) {
		namespaces := assembly.List(at(policy, "AccessScope", "Namespaces"))
		switch scope := v.text(r.Stack, at(policy, "AccessScope", "Type")); {
		case scope != "cluster" && scope != "namespace":
			v.wrong(r, "set AccessScope.Type to cluster or namespace", "AccessScope.Type is %s, want \"cluster\" or \"namespace\"", shown(scope))
		case scope == "namespace" && len(namespaces) == 0:
			v.wrong(r, "set AccessScope.Namespaces", "the access is for namespaces, and none is named")
		case scope == "cluster" && len(namespaces) > 0:
			v.wrong(r, "set AccessScope.Type to namespace", "the access names namespaces, but is for the whole cluster")
		}
	}
}

var principalARN = regexp.MustCompile(`^arn:(?:aws|aws-cn|aws-us-gov|\$\{AWS::Partition\}):iam::(?:[0-9]{12}|\$\{AWS::AccountId\}):(?:role|user)/[\w+=,.@/-]+$`)

// accessPrincipal wants one role or user; EKS takes no group, account or pattern.
func accessPrincipal(v *review, r *assembly.Resource) {
	value := r.Get("PrincipalArn")
	if target := v.target(r.Stack, value); target != nil {
		if target.Type != "AWS::IAM::Role" && target.Type != "AWS::IAM::User" {
			v.wrong(r, "refer to a role or a user", "PrincipalArn refers to %s, which is an %s", target.LogicalID, target.Type)
		}
	} else if arn := v.text(r.Stack, value); !principalARN.MatchString(arn) {
		v.wrong(r, "write arn:aws:iam::<account>:role/<name>", "PrincipalArn is %s, want the ARN of one IAM role or user", shown(arn))
	}
	for _, other := range r.Stack.All("AWS::EKS::AccessEntry") {
		if other != r && v.clusterOf(other) == v.clusterOf(r) && v.text(other.Stack, other.Get("PrincipalArn")) == v.text(r.Stack, value) {
			v.wrong(r, "put all access policies of a principal into one entry", "its principal has the entry %s already, EKS takes one", other.LogicalID)
		}
	}
}

func accessGroups(v *review, r *assembly.Resource) {
	for _, group := range v.texts(r.Stack, r.Get("KubernetesGroups")) {
		if strings.HasPrefix(group, "system:") {
			v.wrong(r, "use an access policy", "KubernetesGroups has %s, EKS takes no group of Kubernetes' own", shown(group))
		}
	}
}

// accessWidth wants the entries of viewers to let them look, and only look.
func accessWidth(v *review, r *assembly.Resource) {
	if !strings.Contains(r.Path, "/Viewers/") {
		return
	}
	for _, policy := range assembly.List(r.Get("AccessPolicies")) {
		if name := base(v.text(r.Stack, at(policy, "PolicyArn"))); name != "AmazonEKSViewPolicy" {
			v.wrong(r, "use AmazonEKSViewPolicy", "a viewer gets %s, which may do more than look", name)
		}
	}
}

// base is what follows the last slash.
func base(text string) string {
	return text[strings.LastIndex(text, "/")+1:]
}

// handlerAccess wants the handler of in-cluster objects to administer the
// cluster: it installs Flux.
func handlerAccess(v *review, r *assembly.Resource) {
	for _, provider := range v.providersOf(r) {
		handler := v.userFunction(provider)
		role := v.target(handler.Stack, handler.Get("Role"))
		entry := slices.IndexFunc(v.ofCluster(r, "AWS::EKS::AccessEntry"), func(e *assembly.Resource) bool {
			return role != nil && v.target(e.Stack, e.Get("PrincipalArn")) == role && slices.ContainsFunc(assembly.List(e.Get("AccessPolicies")), func(p any) bool {
				return base(v.text(e.Stack, at(p, "PolicyArn"))) == clusterAdmin && at(p, "AccessScope", "Type") == "cluster"
			})
		})
		if entry < 0 {
			v.wrong(handler, "add an access entry for its role with "+clusterAdmin+" for the cluster",
				"the handler of in-cluster objects may not administer the cluster %s: Flux cannot be installed", r.LogicalID)
		}
	}
}

// providersOf are the functions that serve the cluster's custom resources.
func (v *review) providersOf(cluster *assembly.Resource) []*assembly.Resource {
	var found []*assembly.Resource
	for _, r := range v.assembly.All() {
		if !strings.HasPrefix(r.Type, "Custom::AWSCDK-EKS-") || v.clusterOf(r) != cluster {
			continue
		}
		if provider := v.target(r.Stack, r.Get("ServiceToken")); provider != nil && provider.Type == "AWS::Lambda::Function" && !slices.Contains(found, provider) {
			found = append(found, provider)
		}
	}
	return found
}

// userFunction is the function that a provider of the CDK's framework calls; the
// provider itself when it is not of the framework.
func (v *review) userFunction(provider *assembly.Resource) *assembly.Resource {
	if user := v.target(provider.Stack, provider.Get("Environment", "Variables", "USER_ON_EVENT_FUNCTION_ARN")); user != nil {
		return user
	}
	return provider
}
