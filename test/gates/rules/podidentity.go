package rules

import (
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// podIdentityRules are about the roles of Flux's controllers.
// https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html
var podIdentityRules = []rule{
	{"pod-identity-account", each(podAccount, "AWS::EKS::PodIdentityAssociation")},
	{"pod-identity-role", each(podIdentityRole, "AWS::EKS::PodIdentityAssociation")},
	{"pod-identity-duplicate", each(podDuplicate, "AWS::EKS::PodIdentityAssociation")},
	{"pod-identity-needed", each(podIdentityNeeded, "AWS::EKS::Cluster")},
	{"pod-identity-order", each(podIdentityOrder, "AWS::EKS::PodIdentityAssociation")},
}

// fluxNamespace is where the controllers run.
const fluxNamespace = "flux-system"

// fluxControllers are the service accounts of Flux and its operator.
// https://fluxcd.io/flux/components/
var fluxControllers = []string{
	"flux-operator", "helm-controller", "image-automation-controller", "image-reflector-controller",
	"kustomize-controller", "notification-controller", "source-controller", "source-watcher",
}

// podAccount wants a service account that exists: EKS takes any name, and a
// wrong one leaves the controller without credentials.
func podAccount(v *review, r *assembly.Resource) {
	account, namespace := v.text(r.Stack, r.Get("ServiceAccount")), v.text(r.Stack, r.Get("Namespace"))
	if namespace != fluxNamespace {
		if namespace == "" || near(namespace, []string{fluxNamespace}) != "" || slices.Contains(fluxControllers, account) {
			v.wrong(r, "set Namespace to "+fluxNamespace, "Namespace is %s, Flux's controllers run in %s", shown(namespace), fluxNamespace)
		}
		return
	}
	if !slices.Contains(fluxControllers, account) {
		fix := "use one of " + strings.Join(fluxControllers, ", ")
		if meant := near(account, fluxControllers); meant != "" {
			fix = "did you mean " + meant + "?"
		}
		v.wrong(r, fix, "ServiceAccount is %s, no controller of Flux runs as that", shown(account))
	}
	// A role's description says whom it is for: two roles that were mixed up fit every other rule.
	if role := v.target(r.Stack, r.Get("RoleArn")); role != nil {
		description := v.text(role.Stack, role.Get("Description"))
		for _, controller := range fluxControllers {
			if controller != account && strings.HasPrefix(description, controller+" ") && slices.Contains(fluxControllers, account) {
				v.wrong(r, "refer to the role of "+account, "the service account %s gets the role %s, which is for %s", account, role.LogicalID, controller)
			}
		}
	}
}

func podIdentityRole(v *review, r *assembly.Resource) {
	v.podRole(r, r.Get("RoleArn"), v.text(r.Stack, r.Get("Namespace")), v.text(r.Stack, r.Get("ServiceAccount")))
}

// podRole wants a role that EKS Pod Identity can take, for the one service account
// of this cluster and no other's. A trust that names another gives nothing to the pod.
// https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
func (v *review) podRole(r *assembly.Resource, value any, namespace, account string) {
	role := v.target(r.Stack, value)
	if role == nil || role.Type != "AWS::IAM::Role" {
		if role != nil || !principalARN.MatchString(v.text(r.Stack, value)) {
			v.wrong(r, "refer to an AWS::IAM::Role", "RoleArn is %s, want the ARN of a role", shown(v.text(r.Stack, value)))
		}
		return
	}
	if !v.trusts(role, "pods.eks.amazonaws.com", "sts:AssumeRole", "sts:TagSession") {
		v.wrong(role, "trust pods.eks.amazonaws.com with sts:AssumeRole and sts:TagSession",
			"%s gives the role to pods, but its trust policy does not let EKS Pod Identity take it", r.LogicalID)
		return
	}
	cluster := v.text(r.Stack, r.Get("ClusterName"))
	if made := v.clusterOf(r); made != nil {
		cluster = v.text(made.Stack, made.Get("Name"))
	}
	for _, statement := range statementsIn(role.Get("AssumeRolePolicyDocument")) {
		if !slices.Contains(v.texts(role.Stack, at(statement, "Principal", "Service")), "pods.eks.amazonaws.com") {
			continue
		}
		tag := func(name string) string {
			return v.text(role.Stack, at(statement, "Condition", "StringEquals", "aws:RequestTag/"+name))
		}
		for name, want := range map[string]string{"kubernetes-namespace": namespace, "kubernetes-service-account": account} {
			if got := tag(name); got != want {
				v.wrong(role, "add the condition StringEquals aws:RequestTag/"+name+": "+want,
					"%s gives the role to %s/%s, but its trust policy wants the tag %s to be %s", r.LogicalID, namespace, account, name, shown(got))
			}
		}
		if got := tag("eks-cluster-arn"); !strings.HasPrefix(got, "arn:") || !strings.HasSuffix(got, ":cluster/"+cluster) {
			v.wrong(role, "add the condition StringEquals aws:RequestTag/eks-cluster-arn with the ARN of the cluster "+cluster,
				"%s gives the role to pods of the cluster %s, but its trust policy wants the tag eks-cluster-arn to be %s", r.LogicalID, cluster, shown(got))
		}
	}
}

func podDuplicate(v *review, r *assembly.Resource) {
	for _, other := range v.assembly.All("AWS::EKS::PodIdentityAssociation") {
		if other == r {
			return
		}
		same := func(property string) bool {
			return v.text(other.Stack, other.Get(property)) == v.text(r.Stack, r.Get(property))
		}
		if v.clusterOf(other) == v.clusterOf(r) && same("Namespace") && same("ServiceAccount") {
			v.wrong(r, "keep one of the two", "the service account has the association %s/%s already, EKS takes one", other.Stack.ID, other.LogicalID)
		}
	}
}

// podIdentityNeeded wants the controllers that call AWS to have a role.
func podIdentityNeeded(v *review, r *assembly.Resource) {
	if !slices.ContainsFunc(v.assembly.All("Custom::AWSCDK-EKS-HelmChart"), func(chart *assembly.Resource) bool { return v.clusterOf(chart) == r }) {
		return
	}
	needed := map[string]string{
		"kustomize-controller":       "it cannot decrypt Secrets in Git",
		"image-reflector-controller": "it cannot see new images",
	}
	if v.followsCodeCommit(r) {
		needed["source-controller"] = "it cannot pull the config repository"
	}
	for _, association := range v.ofCluster(r, "AWS::EKS::PodIdentityAssociation") {
		delete(needed, v.text(association.Stack, association.Get("ServiceAccount")))
	}
	for _, controller := range keys(needed) {
		v.wrong(r, "add an AWS::EKS::PodIdentityAssociation for "+fluxNamespace+"/"+controller, "%s of the cluster has no role: %s", controller, needed[controller])
	}
}

// podIdentityOrder wants the role's rights to be there before pods can use them.
func podIdentityOrder(v *review, r *assembly.Resource) {
	role := v.target(r.Stack, r.Get("RoleArn"))
	if role == nil || role.Stack != r.Stack {
		return
	}
	policies := v.policiesOf(role)
	for _, policy := range policies {
		if !after(r, policy) {
			v.wrong(r, "add DependsOn "+policy.LogicalID, "the association may be made before its role's policy %s: the controller's first calls are denied", policy.LogicalID)
		}
	}
	if len(policies) == 0 && len(assembly.List(role.Get("Policies"))) == 0 && len(assembly.List(role.Get("ManagedPolicyArns"))) == 0 {
		v.wrong(role, "attach a policy with what the controller needs", "the role of %s has no policy: it may do nothing", v.text(r.Stack, r.Get("ServiceAccount")))
	}
}
