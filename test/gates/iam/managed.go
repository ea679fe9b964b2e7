package iam

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
)

// awsPolicies are AWS's policies for what the platform consists of, as of
// November 2026: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
var awsPolicies = strings.Fields(`
	AmazonEBSCSIDriverPolicyV2 AmazonEC2ContainerRegistryPowerUser AmazonEC2ContainerRegistryPullOnly AmazonEC2ContainerRegistryReadOnly
	AmazonEKSBlockStoragePolicy AmazonEKSClusterPolicy AmazonEKSComputePolicy AmazonEKSFargatePodExecutionRolePolicy
	AmazonEKSLoadBalancingPolicy AmazonEKSNetworkingPolicy AmazonEKSServicePolicy AmazonEKSVPCResourceController
	AmazonEKSWorkerNodeMinimalPolicy AmazonEKSWorkerNodePolicy AmazonEKS_CNI_Policy AmazonElasticContainerRegistryPublicReadOnly
	AmazonSSMManagedEC2InstanceDefaultPolicy AmazonSSMManagedInstanceCore AmazonSSMPatchAssociation AmazonVPCReadOnlyAccess
	AWSCloudFormationReadOnlyAccess AWSCodeCommitReadOnly AWSXRayDaemonWriteAccess AWSXrayWriteOnlyAccess CloudWatchAgentServerPolicy
	CloudWatchLogsReadOnlyAccess ReadOnlyAccess SecurityAudit ViewOnlyAccess
	service-role/AmazonEBSCSIDriverPolicy service-role/AmazonEC2RoleforSSM service-role/AmazonEFSCSIDriverPolicy
	service-role/AmazonEKSLocalOutpostServiceRolePolicy service-role/AWSLambdaBasicExecutionRole service-role/AWSLambdaDynamoDBExecutionRole
	service-role/AWSLambdaKinesisExecutionRole service-role/AWSLambdaRole service-role/AWSLambdaSQSQueueExecutionRole
	service-role/AWSLambdaVPCAccessExecutionRole service-role/AWSConfigRole service-role/CloudWatchEventsBuiltInTargetExecutionAccess
`)

var (
	awsPolicyARN = regexp.MustCompile(`^arn:aws(?:-cn|-us-gov)?:iam::aws:policy/(.+)$`)
	// ownerPolicy gives more than any role here needs.
	ownerPolicy = regexp.MustCompile(`(?i)(^|/)(AdministratorAccess.*|PowerUserAccess|.*FullAccess.*|.*PowerUser|.*Administrator|SystemAdministrator|DatabaseAdministrator|NetworkAdministrator)$`)
)

// needed are the policies without which a user of a role does not work.
// https://docs.aws.amazon.com/eks/latest/userguide/automode-cluster-iam-role.html
// https://docs.aws.amazon.com/eks/latest/userguide/create-node-role.html
var needed = []struct {
	kind, where string
	when        func(*assembly.Resource) bool
	anyOf       []string
}{
	{"AWS::EKS::Cluster", "RoleArn", always, []string{"AmazonEKSClusterPolicy"}},
	{"AWS::EKS::Cluster", "RoleArn", auto, []string{"AmazonEKSComputePolicy"}},
	{"AWS::EKS::Cluster", "RoleArn", auto, []string{"AmazonEKSBlockStoragePolicy"}},
	{"AWS::EKS::Cluster", "RoleArn", auto, []string{"AmazonEKSLoadBalancingPolicy"}},
	{"AWS::EKS::Cluster", "RoleArn", auto, []string{"AmazonEKSNetworkingPolicy"}},
	{"AWS::EKS::Cluster", "ComputeConfig.NodeRoleArn", always, []string{"AmazonEKSWorkerNodeMinimalPolicy", "AmazonEKSWorkerNodePolicy"}},
	{"AWS::EKS::Cluster", "ComputeConfig.NodeRoleArn", always, []string{"AmazonEC2ContainerRegistryPullOnly", "AmazonEC2ContainerRegistryReadOnly"}},
	{"AWS::EKS::Nodegroup", "NodeRole", always, []string{"AmazonEKSWorkerNodePolicy", "AmazonEKSWorkerNodeMinimalPolicy"}},
	{"AWS::EKS::Nodegroup", "NodeRole", always, []string{"AmazonEC2ContainerRegistryPullOnly", "AmazonEC2ContainerRegistryReadOnly"}},
	{"AWS::Lambda::Function", "Role", inVPC, []string{"service-role/AWSLambdaVPCAccessExecutionRole"}},
	{"AWS::Lambda::Function", "Role", notOurs, []string{"service-role/AWSLambdaBasicExecutionRole", "service-role/AWSLambdaVPCAccessExecutionRole"}},
}

func always(*assembly.Resource) bool { return true }
func auto(r *assembly.Resource) bool { return r.Get("ComputeConfig", "Enabled") == true }

// notOurs are the functions of the CDK: those of this program carry their code
// in the template, and what they may do is asked of them one by one.
func notOurs(r *assembly.Resource) bool { return r.Get("Code", "ZipFile") == nil }
func inVPC(r *assembly.Resource) bool   { return r.Get("VpcConfig") != nil }

// managedPolicies checks the policies of AWS that roles have: a misspelt one
// fails the deployment, a missing one whatever the role is for.
func managedPolicies(r review) (found []finding.Finding) {
	has := map[*assembly.Resource][]string{}
	for _, role := range r.assembly.All("AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group") {
		for _, arn := range texts((resolver{r.assembly, role.Stack}).resolve(role.Get("ManagedPolicyArns"))) {
			match := awsPolicyARN.FindStringSubmatch(arn)
			switch {
			case match == nil && (!strings.HasPrefix(arn, "arn:"+role.Stack.Partition()+":iam::") || strings.Contains(arn, ":iam::aws:")):
				found = append(found, at(role, "managed-policy", fmt.Sprintf("%q is no policy's ARN, want arn:aws:iam::aws:policy/name or arn:aws:iam::account:policy/name", arn), "write the policy's ARN"))
			case match == nil:
			case ownerPolicy.MatchString(match[1]):
				found = append(found, at(role, "admin-policy", fmt.Sprintf("the role has %s, far more than it is used for", match[1]), "list the actions that it needs"))
			case !slices.Contains(awsPolicies, match[1]):
				found = append(found, at(role, "managed-policy", fmt.Sprintf("%q is not among AWS's policies that are known here%s", match[1], likePolicy(match[1])),
					"correct the name and its path, such as service-role/; a policy that exists belongs into the table in managed.go"))
			}
			if match != nil {
				has[role] = append(has[role], match[1])
			}
		}
	}
	for _, u := range usesOf(r.assembly) {
		for _, n := range needed {
			if u.user.Type == n.kind && u.where == n.where && n.when(u.user) &&
				!slices.ContainsFunc(n.anyOf, func(name string) bool { return slices.Contains(has[u.role], name) }) {
				found = append(found, at(u.role, "missing-policy", fmt.Sprintf("%s of %s uses the role, which needs %s", u.where, u.user.LogicalID, strings.Join(n.anyOf, " or ")), "add the policy of AWS"))
			}
		}
	}
	return found
}

// likePolicy is the policy that was perhaps meant: the one that has most of
// the beginning in common, or the same name below another path.
func likePolicy(name string) string {
	base, best, common := strings.ToLower(name[strings.LastIndex(name, "/")+1:]), "", len("AmazonEKS")
	for _, known := range awsPolicies {
		other := strings.ToLower(known[strings.LastIndex(known, "/")+1:])
		same := 0
		for same < min(len(base), len(other)) && base[same] == other[same] {
			same++
		}
		if same > common {
			best, common = known, same
		}
	}
	if best == "" {
		return ""
	}
	return ", did you mean " + best + "?"
}

// accessPolicies of EKS, as of November 2026:
// https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
var accessPolicies = strings.Fields(`
	AmazonARCRegionSwitchScalingPolicy AmazonEKSAdminPolicy AmazonEKSAdminViewPolicy AmazonEKSAutoNodePolicy AmazonEKSBlockStorageClusterPolicy
	AmazonEKSBlockStoragePolicy AmazonEKSClusterAdminPolicy AmazonEKSClusterInsightsPolicy AmazonEKSComputeClusterPolicy AmazonEKSComputePolicy
	AmazonEKSEditPolicy AmazonEKSHybridPolicy AmazonEKSLoadBalancingClusterPolicy AmazonEKSLoadBalancingPolicy
	AmazonEKSNetworkingClusterPolicy AmazonEKSNetworkingPolicy AmazonEKSSecretReaderPolicy AmazonEKSViewPolicy
`)

var accessPolicyARN = regexp.MustCompile(`^arn:aws(?:-cn|-us-gov)?:eks::aws:cluster-access-policy/(.+)$`)

// accessEntries checks who reaches a cluster, and with which of EKS's policies.
func accessEntries(r review) (found []finding.Finding) {
	for _, entry := range r.assembly.All("AWS::EKS::AccessEntry") {
		here := resolver{r.assembly, entry.Stack}
		for _, value := range assembly.List(here.resolve(entry.Get("AccessPolicies"))) {
			given, _ := value.(map[string]any)
			arn, _ := given["PolicyArn"].(string)
			match := accessPolicyARN.FindStringSubmatch(arn)
			if match == nil || !slices.Contains(accessPolicies, match[1]) {
				found = append(found, at(entry, "access-policy", fmt.Sprintf("PolicyArn is %q, want arn:aws:eks::aws:cluster-access-policy/ and one of %s", arn, strings.Join(accessPolicies, ", ")), "name one of EKS's access policies"))
			}
			scope, _ := given["AccessScope"].(map[string]any)
			if scope["Type"] == "namespace" && len(assembly.List(scope["Namespaces"])) == 0 {
				found = append(found, at(entry, "access-policy", "the access is to namespaces, but none is named", "name the Namespaces, or make the scope cluster"))
			}
		}
		arn := here.text(entry.Get("PrincipalArn"))
		if !regexp.MustCompile(`^arn:aws[a-z-]*:iam::\d{12}:(role|user)/.+$`).MatchString(arn) {
			found = append(found, at(entry, "access-policy", fmt.Sprintf("PrincipalArn is %q, want the ARN of a role or a user", arn), "name the role's ARN, not that of a session or an account"))
		}
		role := roleOf(r.assembly, entry, arn)
		if role == nil || entry.Get("Type") != nil && entry.Get("Type") != "STANDARD" {
			continue
		}
		for _, u := range usesOf(r.assembly) {
			if u.role == role && (u.user.Type != "AWS::Lambda::Function" || u.user.Stack != entry.Stack) {
				found = append(found, at(entry, "cluster-access", fmt.Sprintf("%s/%s (%s) reaches the cluster by its role %s", u.user.Stack.ID, u.user.LogicalID, u.user.Type, role.LogicalID),
					"remove the entry: nothing but the handler of in-cluster objects, and people, reaches a cluster"))
			}
		}
	}
	return found
}
