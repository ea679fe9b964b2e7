package test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/stacks/config"
)

// The custom resources of the CDK's handler.
const (
	chartKind    = "Custom::AWSCDK-EKS-HelmChart"
	manifestKind = "Custom::AWSCDK-EKS-KubernetesResource"
	valueKind    = "Custom::AWSCDK-EKS-KubernetesObjectValue"
	patchKind    = "Custom::AWSCDK-EKS-KubernetesPatch"
)

// inCluster are the custom resources that the kubectl handler carries out.
func inCluster(s *template) (found []*resource) {
	for _, r := range s.resources {
		if strings.HasPrefix(r.kind, "Custom::AWSCDK-EKS-") {
			found = append(found, r)
		}
	}
	return found
}

// kubernetesObject is the only object of a manifest.
func kubernetesObject(t *testing.T, s *template, r *resource) map[string]any {
	t.Helper()
	var objects []map[string]any
	s.object(t, r.get("Manifest"), &objects)
	require.Len(t, objects, 1, "%s: one object a construct, or a renamed one stays behind", r.path)
	return objects[0]
}

// Nothing but the handler reaches a private endpoint.
func TestKubectlHandlerRunsInPrivateSubnets(t *testing.T) {
	eachPrivate(t, func(t *testing.T, a *assembly, e *config.Environment, s *template) {
		for _, path := range []string{"Handler", "Provider/framework-onEvent"} {
			function := s.at(t, "AWS::Lambda::Function", "Cluster/Cluster/KubectlProvider/"+path)
			requirePrivateSubnets(t, a, e, function.get("VpcConfig", "SubnetIds"))
			require.Equal(t, []string{"${Cluster/Cluster.ClusterSecurityGroupId}"}, s.renderAll(function.get("VpcConfig", "SecurityGroupIds")))
		}
	})
}

// The handler looks up the cluster; all else it may do inside of it.
func TestKubectlHandlerMayOnlyDescribeItsCluster(t *testing.T) {
	eachEnvironment(t, "cluster", func(t *testing.T, _ *config.Environment, s *template) {
		permissions := s.permissions(s.at(t, "AWS::IAM::Role", "Cluster/Cluster/KubectlProvider/Handler"))
		require.Len(t, permissions, 1)
		require.Equal(t, []string{"eks:DescribeCluster"}, permissions[0].actions)
		require.Equal(t, []string{"${Cluster/Cluster.Arn}"}, permissions[0].resources)
	})
}

func TestKubectlHandlerHasTheLayerFromNpm(t *testing.T) {
	eachStack(t, "-cluster", func(t *testing.T, a *assembly, s *template) {
		layer := s.at(t, "AWS::Lambda::LayerVersion", "Cluster/KubectlLayer")
		require.True(t, refersTo(s.at(t, "AWS::Lambda::Function", "Cluster/Cluster/KubectlProvider/Handler").get("Layers"), layer))
		require.True(t, strings.HasSuffix(a.source(t, s, layer.get("Content", "S3Key")), paths.KubectlLayer))
	})
}

// CloudFormation waits an hour for an answer that a function which was ended
// does not give. It must give up itself, a little after the functions would.
func TestInClusterResourcesEndInBoundedTime(t *testing.T) {
	eachStack(t, "", func(t *testing.T, _ *assembly, s *template) {
		for _, r := range inCluster(s) {
			require.Equal(t, "960", r.get("ServiceTimeout"), r.path)
		}
	})
	eachEnvironment(t, "cluster", func(t *testing.T, _ *config.Environment, s *template) {
		for _, function := range s.all("AWS::Lambda::Function") {
			if strings.Contains(function.path, "KubectlProvider") {
				require.EqualValues(t, 900, function.get("Timeout"), function.path)
			}
		}
	})
}

// The same holds for this program's own handlers, which carry their code in the template.
func TestOwnHandlersEndInBoundedTime(t *testing.T) {
	eachStack(t, "", func(t *testing.T, _ *assembly, s *template) {
		for _, r := range s.resources {
			if ids := references(r.get("ServiceToken")); len(ids) == 1 && s.byID(t, ids[0]).get("Code", "ZipFile") != nil {
				require.EqualValues(t, 120, s.byID(t, ids[0]).get("Timeout"), r.path)
				require.Equal(t, "180", fmt.Sprint(r.get("ServiceTimeout")), r.path)
			}
		}
	})
}

// A repeated call after a lost answer must succeed, and pruning passes over
// custom resources.
func TestManifestsAreApplied(t *testing.T) {
	eachStack(t, "", func(t *testing.T, _ *assembly, s *template) {
		for _, r := range s.all(manifestKind) {
			require.Equal(t, true, r.get("Overwrite"), "%s: Overwrite must be true, or a retried create fails", r.path)
			require.Nil(t, r.get("PruneLabel"), r.path)
			require.NotEqual(t, true, r.get("SkipValidation"), r.path)
			object := kubernetesObject(t, s, r)
			require.NotEmpty(t, dig(object, "apiVersion"), r.path)
			require.NotEmpty(t, dig(object, "kind"), r.path)
			require.NotEmpty(t, dig(object, "metadata", "name"), r.path)
			clusterWide := strings.HasPrefix(object["kind"].(string), "ValidatingAdmissionPolicy")
			require.Equal(t, clusterWide, dig(object, "metadata", "namespace") == nil, r.path)
		}
	})
}

// Charts are pinned, in a namespace, waited for, and Helm ends before the
// function that runs it: a Helm that was ended leaves its lock behind.
func TestChartsArePinnedAndBounded(t *testing.T) {
	eachStack(t, "", func(t *testing.T, _ *assembly, s *template) {
		for _, chart := range s.all(chartKind) {
			require.Regexp(t, `^\d+\.\d+\.\d+$`, chart.get("Version"), chart.path)
			require.Equal(t, true, chart.get("Wait"), chart.path)
			require.NotEmpty(t, chart.get("Namespace"), chart.path)
			require.NotEmpty(t, chart.get("Release"), chart.path)
			timeout, err := strconv.Atoi(strings.TrimSuffix(chart.get("Timeout").(string), "s"))
			require.NoError(t, err, chart.path)
			require.LessOrEqual(t, timeout, 600, chart.path)
			require.Positive(t, timeout, chart.path)
			var values map[string]any
			s.object(t, chart.get("Values"), &values)
		}
	})
}

// The handler sends its answer; a wait must end in time for that.
func TestWaitsEndBeforeTheHandler(t *testing.T) {
	eachStack(t, "", func(t *testing.T, _ *assembly, s *template) {
		for _, wait := range s.all(valueKind) {
			require.LessOrEqual(t, wait.get("TimeoutSeconds").(float64), 720.0, wait.path)
		}
	})
}

// What goes into the cluster from its own stack waits until the handler may log in.
func TestInClusterResourcesWaitForAccess(t *testing.T) {
	eachEnvironment(t, "cluster", func(t *testing.T, _ *config.Environment, s *template) {
		access := s.at(t, "AWS::EKS::AccessEntry", "Cluster/Cluster/ClusterAdminRoleAccess")
		for _, r := range inCluster(s) {
			s.requireBefore(t, access, r)
		}
	})
}
