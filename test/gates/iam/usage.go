package iam

import (
	"fmt"
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
)

// use is what a role is for: the resource that takes it.
type use struct {
	role *assembly.Resource
	user *assembly.Resource
	// by is the service that takes the role, or "" when another role does.
	by string
	// where in the user's properties.
	where string
}

// takers are the properties that name a role, and who then takes it.
var takers = map[string]map[string]string{
	"AWS::CodeBuild::Project":          {"ServiceRole": "codebuild"},
	"AWS::CodePipeline::Pipeline":      {"RoleArn": "codepipeline"},
	"AWS::EC2::FlowLog":                {"DeliverLogsPermissionArn": "vpc-flow-logs"},
	"AWS::EKS::Addon":                  {"ServiceAccountRoleArn": ""},
	"AWS::EKS::Cluster":                {"RoleArn": "eks", "ComputeConfig.NodeRoleArn": "ec2"},
	"AWS::EKS::Nodegroup":              {"NodeRole": "ec2"},
	"AWS::EKS::PodIdentityAssociation": {"RoleArn": "pods.eks", "TargetRoleArn": ""},
	"AWS::IAM::InstanceProfile":        {"Roles": "ec2"},
	"AWS::Lambda::Function":            {"Role": "lambda"},
}

// usesOf are all uses of roles in the assembly.
func usesOf(a *assembly.Assembly) (all []use) {
	for _, user := range a.All() {
		add := func(where, by string, value any) {
			for _, name := range texts(resolver{a, user.Stack}.resolve(value)) {
				if role := roleOf(a, user, name); role != nil {
					all = append(all, use{role, user, by, where})
				}
			}
		}
		for path, by := range takers[user.Type] {
			steps := []any{}
			for step := range strings.SplitSeq(path, ".") {
				steps = append(steps, step)
			}
			add(path, by, user.Get(steps...))
		}
		switch user.Type {
		case "AWS::Events::Rule":
			for _, target := range assembly.List(user.Get("Targets")) {
				object, _ := target.(map[string]any)
				add("Targets.RoleArn", "events", object["RoleArn"])
			}
		case "AWS::EKS::Addon":
			for _, association := range assembly.List(user.Get("PodIdentityAssociations")) {
				object, _ := association.(map[string]any)
				add("PodIdentityAssociations.RoleArn", "pods.eks", object["RoleArn"])
			}
		case "AWS::CodePipeline::Pipeline":
			for _, stage := range assembly.List(user.Get("Stages")) {
				object, _ := stage.(map[string]any)
				for _, action := range assembly.List(object["Actions"]) {
					object, _ := action.(map[string]any)
					add("Stages.Actions.RoleArn", "", object["RoleArn"])
				}
			}
		}
	}
	return all
}

// roleOf is the role with the ARN or, in the user's stack, the name.
func roleOf(a *assembly.Assembly, user *assembly.Resource, name string) *assembly.Resource {
	for _, role := range a.All("AWS::IAM::Role") {
		if arnOf(a, role) == name && (role.Stack == user.Stack || role.Get("RoleName") != nil) ||
			role.Stack == user.Stack && (resolver{a, role.Stack}).name(role) == name {
			return role
		}
	}
	return nil
}

// uses compares what a role is used for with whom it trusts.
func uses(r review) (found []finding.Finding) {
	used := map[*assembly.Resource]bool{}
	for _, u := range usesOf(r.assembly) {
		used[u.role] = true
		if u.by != "" && !trustsService(r, u.role, u.by) {
			found = append(found, at(u.role, "role-trust",
				fmt.Sprintf("%s of %s/%s (%s) uses the role, so %s.amazonaws.com has to take it, but it trusts %s", u.where, u.user.Stack.ID, u.user.LogicalID, u.user.Type, u.by, trusted(r, u.role)),
				fmt.Sprintf("trust the service %s.amazonaws.com", u.by)))
		}
	}
	for _, role := range r.assembly.All("AWS::IAM::Role") {
		if !used[role] && !strings.Contains(trusted(r, role), "oidc-provider/") {
			found = append(found, at(role, "unused-role", "nothing in the assembly uses the role, so nothing is known of what it is for", "remove it, or add its use to the tables in usage.go"))
		}
	}
	return found
}

func trustsService(r review, role *assembly.Resource, service string) bool {
	for _, d := range r.documents {
		if d.owner != role || d.kind != trust {
			continue
		}
		for _, s := range d.statements {
			if s.effect == "Allow" && slices.Contains(s.principals, principal{"Service", service + ".amazonaws.com"}) {
				return true
			}
		}
	}
	return false
}

func trusted(r review, role *assembly.Resource) string {
	var all []string
	for _, d := range r.documents {
		if d.owner == role && d.kind == trust {
			for _, s := range d.statements {
				for _, p := range s.principals {
					all = append(all, p.value)
				}
			}
		}
	}
	return join(all)
}
