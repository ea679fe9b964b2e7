package incluster

import (
	"path"
	"regexp"
	"slices"
	"strings"

	sourcev1 "github.com/fluxcd/source-controller/api/v1"

	"gitops-eks/test/gates/assembly"
)

const associationType = "AWS::EKS::PodIdentityAssociation"

// identity is what a Flux controller has to be allowed in AWS.
type identity struct {
	controller string
	needs      []need
}

type need struct{ action, resource string }

// checkIdentities holds that each controller gets credentials, and that they
// are for what it does.
func (r *review) checkIdentities(c *cluster) {
	associations := map[string]*assembly.Resource{}
	for _, association := range r.of(c, associationType) {
		account := plain(association.Get("ServiceAccount"))
		if associations[account] != nil {
			r.add("identity", association, "leave one", "%s has two associations", account)
		}
		associations[account] = association
		if plain(association.Get("Namespace")) == fluxNamespace && slices.Contains(components, account) {
			continue
		}
		if plain(association.Get("Namespace")) == fluxNamespace || slices.Contains(components, account) {
			r.add("identity", association, "name a controller of Flux, in "+fluxNamespace, "is for %s in %s, which is no controller of Flux", account, plain(association.Get("Namespace")))
		}
	}
	for _, i := range r.identities(c) {
		association := associations[i.controller]
		if association == nil {
			r.missing("identity", c, "add a PodIdentityAssociation for it", "%s has no credentials in %s: it may not %s", i.controller, c.LogicalID, i.needs[0].action)
			continue
		}
		r.checkGrants(association, i)
	}
	if association := associations["image-automation-controller"]; association != nil {
		if i, ok := r.repositoryNeeds(c, "image-automation-controller", "codecommit:GitPull", "codecommit:GitPush"); ok {
			r.checkGrants(association, i)
		}
	}
}

// identities are those that every cluster needs.
func (r *review) identities(c *cluster) []identity {
	images := identity{controller: "image-reflector-controller", needs: []need{{"ecr:GetAuthorizationToken", "*"}}}
	for _, repository := range r.assembly.All("AWS::ECR::Repository") {
		for _, action := range []string{"ecr:ListImages", "ecr:DescribeImages", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"} {
			images.needs = append(images.needs, need{action, r.arn(repository)})
		}
	}
	found := []identity{images}
	if configs, _ := c.Get("EncryptionConfig").([]any); len(configs) > 0 {
		if key := r.target(c.Stack, at(configs[0], "Provider", "KeyArn")); key != nil {
			found = append(found, identity{"kustomize-controller", []need{{"kms:Decrypt", r.arn(key)}}})
		}
	}
	if source, ok := r.repositoryNeeds(c, "source-controller", "codecommit:GitPull"); ok {
		found = append(found, source)
	}
	return found
}

// repositoryNeeds are actions on the config repository; none outside CodeCommit.
func (r *review) repositoryNeeds(c *cluster, controller string, actions ...string) (identity, bool) {
	i := identity{controller: controller}
	p := c.manifest("GitRepository", sourceName)
	if p == nil {
		return i, false
	}
	source, ok := p.object.Typed.(*sourcev1.GitRepository)
	if !ok {
		return i, false
	}
	match := codeCommit.FindStringSubmatch(source.Spec.URL)
	if match == nil {
		return i, false
	}
	repository := r.repository(match[3])
	if repository == nil {
		return i, false
	}
	for _, action := range actions {
		i.needs = append(i.needs, need{action, r.arn(repository)})
	}
	return i, true
}

func (r *review) checkGrants(association *assembly.Resource, i identity) {
	role := r.target(association.Stack, association.Get("RoleArn"))
	if role == nil || role.Type != "AWS::IAM::Role" {
		r.add("identity", association, "refer to the role of the controller", "RoleArn %s names no role of this assembly", plain(association.Get("RoleArn")))
		return
	}
	if !strings.Contains(plain(role.Get("AssumeRolePolicyDocument")), `"pods.eks.amazonaws.com"`) {
		r.add("identity", role, "trust pods.eks.amazonaws.com with sts:AssumeRole and sts:TagSession", "EKS Pod Identity may not take this role")
	}
	// CodeCommit has no policies on repositories: from another account, the controller takes a role there.
	if target := association.Get("TargetRoleArn"); target != nil {
		arn, err := r.text(association.Stack, target)
		there := r.roleNamed(path.Base(arn))
		if err != nil || there == nil {
			r.add("identity", association, "name a role of the delivery stack", "TargetRoleArn %s names no role of this assembly", plain(target))
			return
		}
		if !r.allows(role, need{"sts:AssumeRole", arn}) {
			r.add("identity", role, "allow sts:AssumeRole and sts:TagSession on "+arn, "may not take the role %s", arn)
		}
		role = there
	}
	for _, n := range i.needs {
		if !r.allows(role, n) {
			r.add("identity", role, "allow it", "%s may not %s on %s", i.controller, n.action, n.resource)
		}
	}
}

func (r *review) roleNamed(name string) *assembly.Resource {
	for _, role := range r.assembly.All("AWS::IAM::Role") {
		if found, err := r.text(role.Stack, role.Get("RoleName")); err == nil && found == name && name != "" {
			return role
		}
	}
	return nil
}

// allows says whether a policy of the role allows what is needed. It knows
// Allow statements alone, which is all that the platform's own roles have.
func (r *review) allows(role *assembly.Resource, n need) bool {
	for _, policy := range r.policies(role) {
		statements, _ := policy.Get("PolicyDocument", "Statement").([]any)
		for _, statement := range statements {
			if text(statement, "Effect") == "Allow" && r.matches(policy.Stack, at(statement, "Action"), n.action) && r.matches(policy.Stack, at(statement, "Resource"), n.resource) {
				return true
			}
		}
	}
	return false
}

// policies are those that name the role.
func (r *review) policies(role *assembly.Resource) []*assembly.Resource {
	return slices.DeleteFunc(role.Stack.All("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"), func(policy *assembly.Resource) bool {
		roles, _ := policy.Get("Roles").([]any)
		return !slices.ContainsFunc(roles, func(one any) bool { return r.target(policy.Stack, one) == role })
	})
}

// matches says whether one of the patterns, with * and ?, covers the text.
func (r *review) matches(s *assembly.Stack, patterns any, wanted string) bool {
	list, ok := patterns.([]any)
	if !ok {
		list = []any{patterns}
	}
	return slices.ContainsFunc(list, func(one any) bool {
		pattern, err := r.text(s, one)
		if err != nil {
			return false
		}
		pattern = strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
		matched, err := regexp.MatchString("(?i)^"+pattern+"$", wanted)
		return err == nil && matched
	})
}
