package replay

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/cloudassembly"
)

// created is the order of creation in the project's assembly.
var created = []string{
	"cluster/Cluster/NetworkPolicies",
	"gitops/Flux/Operator",
	"gitops/Flux/Lockdown/Policy",
	"gitops/Flux/Lockdown/Binding",
	"gitops/Flux/Instance",
	"gitops/Flux/Ready",
	"gitops/Sync/Facts",
	"gitops/Sync/Guard/Policy",
	"gitops/Sync/Guard/Binding",
	"gitops/Sync/Guard/Check",
	"gitops/Sync/Source",
	"gitops/Sync/Tenants",
	"gitops/Sync/TenantsReady",
	"gitops/Sync/Platform",
	"gitops/Sync/PlatformReady",
}

func TestStacksComeAfterThoseThatTheyNeed(t *testing.T) {
	t.Parallel()
	var order []string
	for _, stack := range read(t, original(t)).Stacks {
		order = append(order, stack.ID)
	}
	for _, pair := range [][2]string{{"dev-network", "dev-cluster"}, {"dev-cluster", "dev-gitops"}, {"delivery", "dev-gitops"}} {
		require.Less(t, slices.Index(order, pair[0]), slices.Index(order, pair[1]), order)
	}
}

func TestResourcesComeAfterThoseThatTheyNeed(t *testing.T) {
	t.Parallel()
	resources, err := read(t, original(t)).InCluster(environment)
	require.NoError(t, err)
	var paths []string
	for _, r := range resources {
		paths = append(paths, strings.TrimPrefix(r.Path(), "dev-"))
	}
	require.Equal(t, created, paths)
	_, err = read(t, original(t)).InCluster("prod")
	require.ErrorContains(t, err, "the assembly needs the stacks prod-cluster and prod-gitops for the environment prod, found 0 of them")
}

// A resource in the cluster may need another through a resource of AWS.
func TestOrderGoesThroughOtherResources(t *testing.T) {
	t.Parallel()
	dir := edited(t, "dev-gitops", func(template map[string]any) {
		resources := template["Resources"].(map[string]any)
		resources["Last"] = map[string]any{"Type": typeManifest}
		resources["Between"] = map[string]any{"Type": "AWS::SSM::Parameter", "Properties": map[string]any{"Value": map[string]any{"Fn::Sub": "${Last}"}}}
		resource(t, template, "Sync/Guard/Policy")["DependsOn"] = "Between"
	})
	resources, err := read(t, dir).InCluster(environment)
	require.NoError(t, err)
	var paths []string
	for _, r := range resources {
		paths = append(paths, r.Path())
	}
	require.Less(t, slices.Index(paths, "dev-gitops/Last"), slices.Index(paths, "dev-gitops/Sync/Guard/Policy"), paths)
}

func TestWhatReplayDoesNotKnowIsAnError(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		stack string
		edit  func(t *testing.T, template map[string]any)
		want  string
	}{
		"property": {"dev-gitops", func(t *testing.T, template map[string]any) {
			properties(t, template, "Sync/Facts")["Force"] = true
		}, "dev-gitops/Sync/Facts (Custom::AWSCDK-EKS-KubernetesResource): replay does not know the property Force"},
		"chart from a bucket": {"dev-gitops", func(t *testing.T, template map[string]any) {
			properties(t, template, "Flux/Operator")["ChartAssetURL"] = "s3://b/k"
		}, "replay does not know the property ChartAssetURL"},
		"type": {"delivery", func(_ *testing.T, template map[string]any) {
			template["Resources"].(map[string]any)["New"] = map[string]any{"Type": "Custom::Other"}
		}, "delivery/New (Custom::Other): replay does not know this type of custom resource"},
		"unnamed type": {"dev-network", func(_ *testing.T, template map[string]any) {
			template["Resources"].(map[string]any)["New"] = map[string]any{"Type": "AWS::CloudFormation::CustomResource"}
		}, "replay does not know this type of custom resource"},
		"stack": {"delivery", func(_ *testing.T, template map[string]any) {
			template["Resources"].(map[string]any)["New"] = map[string]any{"Type": typeManifest}
		}, "a resource of the cluster in a stack where replay looks for none"},
		"deletion policy": {"dev-gitops", func(t *testing.T, template map[string]any) {
			resource(t, template, "Sync/Facts")["DeletionPolicy"] = "Snapshot"
		}, "replay does not know the deletion policy Snapshot"},
		"section of a template": {"dev-gitops", func(_ *testing.T, template map[string]any) {
			template["Transform"] = "AWS::Serverless-2016-10-31"
		}, `unknown field "Transform"`},
		"attribute of a resource": {"dev-gitops", func(t *testing.T, template map[string]any) {
			resource(t, template, "Sync/Facts")["Fn::ForEach"] = true
		}, `unknown field "Fn::ForEach"`},
	} {
		t.Run(name, func(t *testing.T) {
			dir := edited(t, c.stack, func(template map[string]any) { c.edit(t, template) })
			_, err := ReadAssembly(dir)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestAssembliesThatCannotBeDeployed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit func(manifest map[string]any)
		want string
	}{
		"missing context": {func(m map[string]any) { m["missing"] = []any{map[string]any{"key": "zones"}} }, "was synthesized with placeholders"},
		"nested assembly": {func(m map[string]any) {
			m["artifacts"].(map[string]any)["nested"] = map[string]any{"type": "cdk:cloud-assembly"}
		}, "replay does not know the type cdk:cloud-assembly of artifact nested"},
		"cycle": {func(m map[string]any) {
			stack := m["artifacts"].(map[string]any)["dev-network"].(map[string]any)
			stack["dependencies"] = []any{"dev-gitops"}
		}, "they depend on each other: "},
	} {
		t.Run(name, func(t *testing.T) {
			dir := edited(t, "dev-gitops", func(map[string]any) {})
			var manifest map[string]any
			require.NoError(t, cloudassembly.ReadJSON(filepath.Join(dir, "manifest.json"), &manifest))
			c.edit(manifest)
			replace(t, dir, "manifest.json", manifest)
			_, err := ReadAssembly(dir)
			require.ErrorContains(t, err, c.want)
		})
	}
}
