package rules

import (
	"slices"
	"strconv"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// providerRules are about the functions behind custom resources.
var providerRules = []rule{
	{"provider-token", customResources(serviceToken)},
	{"provider-timeout", customResources(serviceTimeout)},
	{"provider-chain", each(providerChain, "AWS::Lambda::Function")},
	{"provider-tools", each(providerTools, "AWS::EKS::Cluster")},
}

// customResources makes a check of one that looks at a single custom resource.
func customResources(check func(*review, *assembly.Resource)) func(*review) {
	return func(v *review) {
		for _, r := range v.assembly.All() {
			if strings.HasPrefix(r.Type, "Custom::") || r.Type == "AWS::CloudFormation::CustomResource" {
				check(v, r)
			}
		}
	}
}

// serviceToken wants a function that answers: CloudFormation waits an hour for one that does not.
func serviceToken(v *review, r *assembly.Resource) {
	if provider := v.target(r.Stack, r.Get("ServiceToken")); provider == nil || provider.Type != "AWS::Lambda::Function" {
		v.wrong(r, "refer to the Arn of the provider's function", "ServiceToken is %s, want the ARN of a function", shown(v.text(r.Stack, r.Get("ServiceToken"))))
	} else if strings.HasPrefix(r.Type, "Custom::AWSCDK-EKS-") && v.userFunction(provider) == provider {
		v.wrong(r, "refer to the framework's function, which calls the handler", "ServiceToken is %s, which does not answer CloudFormation: it waits an hour", provider.LogicalID)
	}
}

// serviceTimeout wants CloudFormation to wait for as long as the function may
// take, and the function to take as long as what it waits for.
func serviceTimeout(v *review, r *assembly.Resource) {
	provider := v.target(r.Stack, r.Get("ServiceToken"))
	if provider == nil {
		return
	}
	longest := 0.0
	for _, function := range []*assembly.Resource{provider, v.userFunction(provider)} {
		seconds, ok := number(function.Get("Timeout"))
		if !ok {
			seconds = 3 // Lambda's default
		}
		longest = max(longest, seconds)
		for _, property := range []string{"Timeout", "TimeoutSeconds"} {
			if waits, ok := number(strings.TrimSuffix(v.text(r.Stack, r.Get(property)), "s")); ok && waits >= seconds {
				v.wrong(function, "set Timeout to 900", "its Timeout is %v seconds, and the custom resource %s waits up to %v", seconds, r.LogicalID, waits)
			}
		}
		if seconds < 60 {
			v.wrong(function, "set Timeout to 900", "its Timeout is %v seconds: the custom resource %s is cut off, and CloudFormation waits an hour", seconds, r.LogicalID)
		}
	}
	if r.Get("ServiceTimeout") == nil {
		if strings.HasPrefix(r.Type, "Custom::AWSCDK-EKS-") {
			v.wrong(r, "set ServiceTimeout to 960", "ServiceTimeout is not set: when the handler dies, CloudFormation waits an hour")
		}
		return
	}
	if wait, err := strconv.Atoi(v.text(r.Stack, r.Get("ServiceTimeout"))); err != nil || float64(wait) < longest || wait > 3600 {
		v.wrong(r, "set ServiceTimeout to 960", "ServiceTimeout is %s, want %v (what the handler may take) to 3600", shown(v.text(r.Stack, r.Get("ServiceTimeout"))), longest)
	}
}

// providerChain wants the CDK's framework to call a function that it may call.
func providerChain(v *review, r *assembly.Resource) {
	value := r.Get("Environment", "Variables", "USER_ON_EVENT_FUNCTION_ARN")
	if !strings.HasPrefix(v.text(r.Stack, r.Get("Handler")), "framework.") {
		return
	}
	user := v.target(r.Stack, value)
	if user == nil || user.Type != "AWS::Lambda::Function" || user == r {
		v.wrong(r, "refer to the Arn of the handler's function", "USER_ON_EVENT_FUNCTION_ARN is %s, want the ARN of the handler", shown(v.text(r.Stack, value)))
		return
	}
	role := v.target(r.Stack, r.Get("Role"))
	if role == nil {
		return
	}
	for _, statement := range v.statements(role) {
		if v.allows(statement, "lambda:InvokeFunction") && v.refersTo(role.Stack, at(statement, "Resource"), user) {
			return
		}
	}
	v.wrong(role, "allow lambda:InvokeFunction on "+user.LogicalID, "the framework's function %s may not call the handler %s", r.LogicalID, user.LogicalID)
}

// Memory that Helm and kubectl need side by side, in MiB.
const leastHandlerMemory = 512

// providerTools wants kubectl, helm and the AWS CLI for the handler, room to
// run them, and the right to look the cluster up.
func providerTools(v *review, r *assembly.Resource) {
	for _, provider := range v.providersOf(r) {
		handler := v.userFunction(provider)
		if n := len(assembly.List(handler.Get("Layers"))); n < 2 {
			v.wrong(handler, "add the layers of kubectl with helm, and of the AWS CLI", "the handler has %d layers, want those of kubectl with helm, and of the AWS CLI", n)
		}
		contents := map[string]bool{}
		for _, layer := range assembly.List(handler.Get("Layers")) {
			if target := v.target(handler.Stack, layer); target != nil {
				key := v.text(target.Stack, target.Get("Content", "S3Key"))
				if contents[key] {
					v.wrong(target, "use the asset of kubectl with helm in one layer, and of the AWS CLI in the other", "two layers of the handler %s have the same content: kubectl or the AWS CLI is missing", handler.LogicalID)
				}
				contents[key] = true
			}
		}
		if memory, ok := number(handler.Get("MemorySize")); !ok || memory < leastHandlerMemory {
			v.wrong(handler, "set MemorySize to 1024", "MemorySize is %s MiB, Helm and kubectl need %d", shown(v.text(handler.Stack, handler.Get("MemorySize"))), leastHandlerMemory)
		}
		if len(subnetIDs(handler)) == 0 && !isTrue(r.Get("ResourcesVpcConfig", "EndpointPublicAccess")) {
			v.wrong(handler, "set VpcConfig to the private subnets", "the Kubernetes API is private, and the handler is not in the VPC")
		}
		if len(subnetIDs(handler)) > 0 && !v.letsIn(r, handler) {
			v.wrong(handler, "set SecurityGroupIds to the cluster's ClusterSecurityGroupId", "none of its security groups is let in to the Kubernetes API on port 443: every call times out")
		}
		role := v.target(handler.Stack, handler.Get("Role"))
		if role == nil {
			continue
		}
		allowed := false
		for _, statement := range v.statements(role) {
			allowed = allowed || v.allows(statement, "eks:DescribeCluster") && v.refersTo(role.Stack, at(statement, "Resource"), r)
		}
		if !allowed {
			v.wrong(role, "allow eks:DescribeCluster on "+r.LogicalID, "the handler may not look the cluster up: it cannot write a kubeconfig")
		}
	}
}

// letsIn says whether the cluster's API answers the function: from the group
// that EKS makes for the cluster, which lets itself in, or through one of the
// control plane's groups.
func (v *review) letsIn(cluster, function *assembly.Resource) bool {
	for _, id := range securityGroupIDs(function) {
		group := v.target(function.Stack, id)
		if group == nil || group == cluster {
			return true // somebody else's group, or ClusterSecurityGroupId
		}
	}
	return slices.ContainsFunc(securityGroupIDs(cluster), func(id any) bool {
		group := v.target(cluster.Stack, id)
		return group != nil && v.allowsHTTPS(group)
	})
}
