package test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/stacks/config"
)

var deletionPolicy = map[config.RemovalPolicy]string{
	config.RemovalPolicyDestroy: "Delete",
	config.RemovalPolicyRetain:  "RetainExceptOnCreate",
}

// The resources that hold what cannot be made again: the removal policy is theirs.
var dataKinds = []string{
	"AWS::CodeCommit::Repository", "AWS::ECR::Repository", "AWS::KMS::Key", "AWS::Logs::LogGroup", "AWS::S3::Bucket", "Custom::LogGroup",
}

// After `make destroy` with default settings nothing of the environment is left.
// The only copies of the repositories, and the images that clusters run with
// their key, stay unless a setting says otherwise.
func TestDestroyKeepsGitAndImagesAlone(t *testing.T) {
	for _, s := range synth(t, "default").stacks {
		for _, r := range s.resources {
			if (s.name == "delivery" || isApp(s)) && slices.Contains(dataKinds, r.kind) {
				require.Equal(t, "RetainExceptOnCreate", r.deletion(), "%s/%s", s.name, r.path)
				continue
			}
			require.Equal(t, "Delete", r.deletion(), "%s/%s", s.name, r.path)
		}
	}
	asked := edited(t, "default", func(p *config.Platform) { p.Delivery.RemovalPolicy = config.RemovalPolicyDestroy })
	for _, s := range synthesize(t, asked, asked).stacks {
		for _, r := range s.resources {
			require.Equal(t, "Delete", r.deletion(), "%s/%s", s.name, r.path)
		}
	}
}

func TestDataIsKeptAsSettingsSay(t *testing.T) {
	kept := 0
	eachStack(t, "", func(t *testing.T, a *assembly, s *template) {
		policy, _ := keeping(a, s)
		for _, r := range s.resources {
			if slices.Contains(dataKinds, r.kind) {
				require.Equal(t, deletionPolicy[policy], r.deletion(), r.path)
				if r.deletion() != "Delete" {
					require.Equal(t, "Retain", r.body["UpdateReplacePolicy"], r.path)
					kept++
				}
			} else {
				require.Equal(t, "Delete", r.deletion(), r.path)
			}
		}
	})
	require.Positive(t, kept, "no variant keeps anything")
}

// CloudFormation deletes neither a bucket nor a registry with something in it.
func TestDestroyEmptiesFirst(t *testing.T) {
	eachStack(t, "", func(t *testing.T, a *assembly, s *template) {
		destroy := a.platform.Delivery.RemovalPolicy == config.RemovalPolicyDestroy
		for _, repository := range s.all("AWS::ECR::Repository") {
			require.Equal(t, destroy, repository.get("EmptyOnDelete"), repository.path)
		}
		for _, bucket := range s.all("AWS::S3::Bucket") {
			emptied := slices.ContainsFunc(s.all("Custom::S3AutoDeleteObjects"), func(r *resource) bool {
				return refersTo(r.get("BucketName"), bucket)
			})
			require.Equal(t, destroy, emptied, bucket.path)
		}
	})
}

// Stacks are deployed in this order and deleted in reverse: Flux takes its
// load balancers and volumes away while cluster and network are still there.
// Delivery needs no cluster, and only Flux waits for its config repository.
func TestStacksDependOnEachOther(t *testing.T) {
	for _, variant := range variants(t) {
		a := synth(t, variant)
		require.Empty(t, a.dependencies(t, "delivery"), variant)
		for _, app := range a.platform.Apps {
			require.Equal(t, []string{"delivery"}, a.dependencies(t, "app-"+app.Name), variant)
		}
		for _, e := range a.platform.Environments {
			cluster, gitops := []string{e.Name + "-network"}, []string{e.Name + "-cluster"}
			if e.Network.Existing() {
				cluster = nil
			} else {
				require.Empty(t, a.dependencies(t, e.Name+"-network"), variant)
			}
			if a.platform.Config.Source == config.ConfigSourceCodeCommit {
				gitops = append(gitops, "delivery")
			}
			require.ElementsMatch(t, cluster, a.dependencies(t, e.Name+"-cluster"), variant)
			require.ElementsMatch(t, gitops, a.dependencies(t, e.Name+"-gitops"), variant)
		}
	}
}
