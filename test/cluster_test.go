package test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gitops-eks/stacks"
	"gitops-eks/stacks/config"
)

// eachCluster runs a test on the EKS cluster of every environment.
func eachCluster(t *testing.T, test func(t *testing.T, e *config.Environment, s *template, cluster *resource)) {
	t.Helper()
	eachEnvironment(t, "cluster", func(t *testing.T, e *config.Environment, s *template) {
		test(t, e, s, s.one(t, "AWS::EKS::Cluster"))
	})
}

// requirePrivateSubnets checks that a list names the private subnets of the
// environment, all of them and nothing else.
func requirePrivateSubnets(t *testing.T, a *assembly, e *config.Environment, values any) {
	t.Helper()
	if e.Network.Existing() {
		require.ElementsMatch(t, e.Network.PrivateSubnetIDs, texts(values))
		return
	}
	var paths []string
	for _, value := range list(values) {
		s, subnet := a.origin(t, value)
		require.Equal(t, e.Name+"-network", s.name)
		require.Equal(t, "1", subnet.tags()[privateTag], "%s is not private", subnet.path)
		paths = append(paths, subnet.path)
	}
	slices.Sort(paths)
	require.Len(t, slices.Compact(paths), e.Network.ZoneCount())
}

// eachPrivate runs a test that needs to look at the network's stack as well.
func eachPrivate(t *testing.T, test func(t *testing.T, a *assembly, e *config.Environment, s *template)) {
	t.Helper()
	eachStack(t, "-cluster", func(t *testing.T, a *assembly, s *template) {
		for i := range a.platform.Environments {
			if e := &a.platform.Environments[i]; s.name == e.Name+"-cluster" {
				test(t, a, e, s)
			}
		}
	})
}

// The control plane's interfaces are where its logs and webhooks come from:
// they have no business in a public subnet.
func TestControlPlaneInterfacesArePrivate(t *testing.T) {
	eachPrivate(t, func(t *testing.T, a *assembly, e *config.Environment, s *template) {
		requirePrivateSubnets(t, a, e, s.one(t, "AWS::EKS::Cluster").get("ResourcesVpcConfig", "SubnetIds"))
	})
}

func TestEndpointFollowsSettings(t *testing.T) {
	eachCluster(t, func(t *testing.T, e *config.Environment, _ *template, cluster *resource) {
		public := e.Endpoint.Access == config.EndpointPublic
		require.Equal(t, true, cluster.get("ResourcesVpcConfig", "EndpointPrivateAccess"), "nodes and the kubectl handler stay inside")
		require.Equal(t, public, cluster.get("ResourcesVpcConfig", "EndpointPublicAccess"))
		require.ElementsMatch(t, e.Endpoint.PublicCIDRs, texts(cluster.get("ResourcesVpcConfig", "PublicAccessCidrs")))
		require.Equal(t, public, len(e.Endpoint.PublicCIDRs) > 0, "EKS takes no CIDR for all of the internet")
	})
}

// The name is explicit: log group, kubeconfig and Flux's facts are made of it.
func TestClusterHasNameAndVersion(t *testing.T) {
	eachStack(t, "-cluster", func(t *testing.T, a *assembly, s *template) {
		cluster := s.one(t, "AWS::EKS::Cluster")
		for _, e := range a.platform.Environments {
			if s.name == e.Name+"-cluster" {
				require.Equal(t, a.platform.Name+"-"+e.Name, cluster.get("Name"))
				require.Equal(t, e.KubernetesVersion, cluster.get("Version"))
			}
		}
	})
}

// Access is by access entries only, and the role that happened to create the
// cluster has none.
func TestOnlyAccessEntriesGiveAccess(t *testing.T) {
	eachCluster(t, func(t *testing.T, e *config.Environment, s *template, cluster *resource) {
		require.Equal(t, "API", cluster.get("AccessConfig", "AuthenticationMode"))
		require.Equal(t, false, cluster.get("AccessConfig", "BootstrapClusterCreatorAdminPermissions"))

		want := map[string]string{
			// The one principal that settings do not name puts Flux into the cluster.
			"${Cluster/Cluster/KubectlProvider/Handler/ServiceRole.Arn}": "AmazonEKSClusterAdminPolicy",
		}
		for _, arn := range e.Admins {
			want[arn] = "AmazonEKSClusterAdminPolicy"
		}
		for _, arn := range e.Viewers {
			want[arn] = "AmazonEKSViewPolicy"
		}
		got := map[string]string{}
		for _, entry := range s.all("AWS::EKS::AccessEntry") {
			policies := list(entry.get("AccessPolicies"))
			require.Len(t, policies, 1, entry.path)
			require.Equal(t, "cluster", dig(policies[0], "AccessScope", "Type"), entry.path)
			require.Nil(t, entry.get("KubernetesGroups"), entry.path)
			got[s.render(entry.get("PrincipalArn"))] = accessPolicy(s, policies[0])
		}
		require.Equal(t, want, got)
	})
}

// Secrets are encrypted with a key of the environment's own, which rotates.
func TestSecretsAreEncrypted(t *testing.T) {
	eachCluster(t, func(t *testing.T, _ *config.Environment, s *template, cluster *resource) {
		encryption := list(cluster.get("EncryptionConfig"))
		require.Len(t, encryption, 1)
		require.Equal(t, []string{"secrets"}, texts(dig(encryption[0], "Resources")))
		require.True(t, refersTo(dig(encryption[0], "Provider", "KeyArn"), s.one(t, "AWS::KMS::Key")))
	})
}

// A key that nobody but its account can use, and that is new every year.
func TestKeysRotate(t *testing.T) {
	eachStack(t, "", func(t *testing.T, _ *assembly, s *template) {
		for _, key := range s.all("AWS::KMS::Key") {
			require.Equal(t, true, key.get("EnableKeyRotation"), key.path)
			require.EqualValues(t, 7, key.get("PendingWindowInDays"), key.path)
			for _, statement := range s.statements(key.get("KeyPolicy")) {
				require.NotContains(t, statement.principals, "*", key.path)
				require.NotContains(t, statement.principals, "AWS:*", key.path)
			}
		}
	})
}

// EKS makes the log group itself when it is not there: then it has no
// retention and outlives the cluster. It does so after a deletion, too, so that
// the group may be there when a deployment makes it.
func TestControlPlaneLogsGoToAnOwnedGroup(t *testing.T) {
	eachCluster(t, func(t *testing.T, _ *config.Environment, s *template, cluster *resource) {
		var types []string
		for _, enabled := range list(cluster.get("Logging", "ClusterLogging", "EnabledTypes")) {
			types = append(types, dig(enabled, "Type").(string))
		}
		require.ElementsMatch(t, []string{"api", "audit", "authenticator", "controllerManager", "scheduler"}, types)

		group := s.at(t, "Custom::LogGroup", "Cluster/ControlPlane/Group")
		require.Equal(t, fmt.Sprintf("/aws/eks/%s/cluster", cluster.get("Name")), group.get("LogGroupName"))
		s.requireBefore(t, group, cluster)
	})
}

func TestClusterIsProtectedAsSettingsSay(t *testing.T) {
	protected := 0
	eachCluster(t, func(t *testing.T, e *config.Environment, _ *template, cluster *resource) {
		require.Equal(t, e.DeletionProtection, cluster.get("DeletionProtection"))
		if e.DeletionProtection {
			protected++
		}
	})
	require.Positive(t, protected, "no variant has deletion protection")
}

// Extended support costs six times as much. Without it EKS upgrades a control
// plane at the end of standard support by itself.
func TestClusterStaysInStandardSupport(t *testing.T) {
	eachCluster(t, func(t *testing.T, _ *config.Environment, _ *template, cluster *resource) {
		require.Equal(t, "STANDARD", cluster.get("UpgradePolicy", "SupportType"))
	})
}

// Whoever deploys is told before EKS does by itself what no template says.
func TestSynthesisWarnsBeforeSupportEnds(t *testing.T) {
	warns := func(day string) bool {
		defer func(before func() time.Time) { stacks.Now = before }(stacks.Now)
		today, err := time.Parse(time.DateOnly, day)
		require.NoError(t, err)
		stacks.Now = func() time.Time { return today }
		platform := settings(t, "default")
		a := synthesize(t, platform, platform)
		said, err := os.ReadFile(filepath.Join(a.dir, "dev-cluster.metadata.json"))
		require.NoError(t, err)
		return strings.Contains(string(said), "EKS's standard support of Kubernetes 1.36 ends on "+config.SupportEnds["1.36"])
	}
	require.False(t, warns("2026-11-28"))
	require.True(t, warns("2027-06-01"))
}

func TestZonalShiftIsOn(t *testing.T) {
	eachCluster(t, func(t *testing.T, _ *config.Environment, _ *template, cluster *resource) {
		require.Equal(t, true, cluster.get("ZonalShiftConfig", "Enabled"))
	})
}

func TestOutputsSayHowToReachTheCluster(t *testing.T) {
	eachCluster(t, func(t *testing.T, e *config.Environment, s *template, cluster *resource) {
		region := e.Region
		if region == "" {
			region = "${AWS::Region}"
		}
		require.True(t, refersTo(dig(s.body, "Outputs", "ClusterName", "Value"), cluster))
		require.Equal(t, fmt.Sprintf("aws eks update-kubeconfig --name %s --region %s", cluster.get("Name"), region),
			s.render(dig(s.body, "Outputs", "UpdateKubeconfig", "Value")))
	})
}
