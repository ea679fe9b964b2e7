package test

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/stacks/config"
)

// eachFlux runs a test on every environment: its Flux's stack, and its assembly.
func eachFlux(t *testing.T, test func(t *testing.T, a *assembly, e *config.Environment, s *template)) {
	t.Helper()
	eachStack(t, "-gitops", func(t *testing.T, a *assembly, s *template) {
		for i := range a.platform.Environments {
			if e := &a.platform.Environments[i]; s.name == e.Name+"-gitops" {
				test(t, a, e, s)
			}
		}
	})
}

// identity is a Pod Identity association and the stack that it is in.
type identity struct {
	s           *template
	association *resource
}

func (i identity) role(t *testing.T) *resource {
	t.Helper()
	return i.s.byID(t, references(i.association.get("RoleArn"))[0])
}

// identities are those of an environment's Flux controllers, by service account.
func identities(t *testing.T, a *assembly, e *config.Environment) map[string]identity {
	t.Helper()
	found := map[string]identity{}
	for _, name := range []string{e.Name + "-cluster", e.Name + "-gitops"} {
		s := a.stack(t, name)
		for _, association := range s.all("AWS::EKS::PodIdentityAssociation") {
			require.Equal(t, "flux-system", association.get("Namespace"))
			found[association.get("ServiceAccount").(string)] = identity{s, association}
		}
	}
	return found
}

// identityOf is the one of a controller that must have one.
func identityOf(t *testing.T, a *assembly, e *config.Environment, controller string) identity {
	t.Helper()
	i, ok := identities(t, a, e)[controller]
	require.True(t, ok, "no Pod Identity association names the service account %s", controller)
	return i
}

// deliveryARN is an ARN in the delivery stack's account, as an environment's
// stack writes it.
func deliveryARN(a *assembly, service, resource string) string {
	if d := a.platform.Delivery; d.Account != "" {
		return "arn:aws:" + service + ":" + d.Region + ":" + d.Account + ":" + resource
	}
	return "arn:${AWS::Partition}:" + service + ":${AWS::Region}:${AWS::AccountId}:" + resource
}

// Which controllers have an identity at all: the ones that read something in
// AWS, and the one that writes only where images go live by themselves.
func TestControllersHaveIdentities(t *testing.T) {
	eachFlux(t, func(t *testing.T, a *assembly, e *config.Environment, _ *template) {
		want := []string{"image-reflector-controller", "kustomize-controller"}
		if a.platform.Config.Source == config.ConfigSourceCodeCommit {
			want = append(want, "source-controller")
			if e.Flux.ImageUpdates == config.ImageUpdatesAutomatic {
				want = append(want, "image-automation-controller")
			}
		}
		require.ElementsMatch(t, want, slices.Collect(maps.Keys(identities(t, a, e))))
	})
}

// The reflector reads the apps' repositories; the log-in knows no resource.
func TestImageReflectorReadsTheAppsImages(t *testing.T) {
	eachFlux(t, func(t *testing.T, a *assembly, e *config.Environment, _ *template) {
		reflector := identityOf(t, a, e, "image-reflector-controller")
		permissions := reflector.s.permissions(reflector.role(t))
		require.Len(t, permissions, 2)
		require.Equal(t, []string{"ecr:GetAuthorizationToken"}, permissions[0].actions)
		require.Equal(t, []string{"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:DescribeImages", "ecr:GetDownloadUrlForLayer", "ecr:ListImages"}, permissions[1].actions)
		var want []string
		for _, app := range a.platform.Apps {
			want = append(want, deliveryARN(a, "ecr", "repository/"+a.platform.Name+"/"+app.Name))
		}
		require.ElementsMatch(t, want, permissions[1].resources)
	})
}

// SOPS files in Git are decrypted with the key of the cluster, and nothing is encrypted.
func TestKustomizeControllerOnlyDecrypts(t *testing.T) {
	eachFlux(t, func(t *testing.T, a *assembly, e *config.Environment, _ *template) {
		kustomize := identityOf(t, a, e, "kustomize-controller")
		permissions := kustomize.s.permissions(kustomize.role(t))
		require.Len(t, permissions, 1)
		require.Equal(t, []string{"kms:Decrypt"}, permissions[0].actions)
		require.Equal(t, []string{"${Cluster/Key.Arn}"}, permissions[0].resources)
	})
}

// configPermissions are what a controller may do with the config repository:
// by its own role, or by the one that it takes in the delivery account.
func configPermissions(t *testing.T, a *assembly, e *config.Environment, controller string) []statement {
	t.Helper()
	i := identityOf(t, a, e, controller)
	own := i.s.permissions(i.role(t))
	if e.Account == a.platform.Delivery.Account {
		require.Nil(t, i.association.get("TargetRoleArn"))
		return own
	}
	delivery := a.stack(t, "delivery")
	name := a.platform.Name + "-" + e.Name + "-" + controller
	target := named(delivery, "AWS::IAM::Role", "RoleName", name+"-target")
	require.NotNil(t, target)
	arn := "arn:aws:iam::" + a.platform.Delivery.Account + ":role/" + name + "-target"
	require.Equal(t, arn, i.association.get("TargetRoleArn"))
	require.Equal(t, name, i.role(t).get("RoleName"), "the target role trusts it by this name")
	require.Len(t, own, 1)
	require.Equal(t, []string{"sts:AssumeRole", "sts:TagSession"}, own[0].actions)
	require.Equal(t, []string{arn}, own[0].resources)
	return delivery.permissions(target)
}

func TestSourceControllerOnlyPullsConfig(t *testing.T) {
	eachFlux(t, func(t *testing.T, a *assembly, e *config.Environment, _ *template) {
		if a.platform.Config.Source != config.ConfigSourceCodeCommit {
			return
		}
		permissions := configPermissions(t, a, e, "source-controller")
		require.Len(t, permissions, 1)
		require.Equal(t, []string{"codecommit:GitPull"}, permissions[0].actions)
		require.Equal(t, []string{deliveryARN(a, "codecommit", a.platform.Name+"-config")}, permissions[0].resources)
	})
}

// A commit by Flux goes to the environment's branch, never to another one.
func TestImageAutomationPushesToItsBranchOnly(t *testing.T) {
	pushes := 0
	eachFlux(t, func(t *testing.T, a *assembly, e *config.Environment, _ *template) {
		if a.platform.Config.Source != config.ConfigSourceCodeCommit || e.Flux.ImageUpdates != config.ImageUpdatesAutomatic {
			return
		}
		pushes++
		permissions := configPermissions(t, a, e, "image-automation-controller")
		require.Len(t, permissions, 2)
		require.Equal(t, []string{"codecommit:GitPull"}, permissions[0].actions)
		require.Equal(t, []string{"codecommit:GitPush"}, permissions[1].actions)
		require.Equal(t, map[string]any{
			"StringEqualsIfExists": map[string]any{"codecommit:References": []any{"refs/heads/" + e.Flux.Branch}},
		}, permissions[1].condition)
		for _, one := range permissions {
			require.Equal(t, []string{deliveryARN(a, "codecommit", a.platform.Name+"-config")}, one.resources)
		}
	})
	require.Positive(t, pushes, "no variant has automatic image updates")
}

// Where images arrive by pull request, no role of the environment can push, in
// its own account or in the delivery account.
func TestPullRequestEnvironmentsCannotPush(t *testing.T) {
	a := synth(t, "prod-like")
	require.Equal(t, config.ImageUpdatesPullRequest, a.platform.Environments[1].Flux.ImageUpdates)
	for _, s := range a.stacks {
		for _, role := range s.all("AWS::IAM::Role") {
			for _, one := range s.permissions(role) {
				if slices.Contains(one.actions, "codecommit:GitPush") {
					require.Equal(t, "dev-image-automation-controller/Resource", role.path, s.name)
				}
			}
		}
	}
}

// The policy must be there before the pod: it keeps the credentials it started with.
func TestIdentitiesComeWithTheirPolicies(t *testing.T) {
	eachFlux(t, func(t *testing.T, a *assembly, e *config.Environment, _ *template) {
		for name, i := range identities(t, a, e) {
			role := i.role(t)
			for _, policy := range i.s.all("AWS::IAM::Policy") {
				if refersTo(policy.get("Roles"), role) {
					i.s.requireBefore(t, policy, i.association)
				}
			}
			require.Equal(t, []string{"Service:pods.eks.amazonaws.com"}, i.s.trust(role)[0].principals, name)
			require.Equal(t, []string{"sts:AssumeRole", "sts:TagSession"}, i.s.trust(role)[0].actions, name)
			// For this service account of this cluster alone.
			condition, _ := i.s.trust(role)[0].condition.(map[string]any)
			tags, _ := condition["StringEquals"].(map[string]any)
			require.Equal(t, "flux-system", tags["aws:RequestTag/kubernetes-namespace"], name)
			require.Equal(t, i.association.get("ServiceAccount"), tags["aws:RequestTag/kubernetes-service-account"], name)
			require.Contains(t, tags, "aws:RequestTag/eks-cluster-arn", name)
		}
	})
}
