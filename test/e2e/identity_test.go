package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"gitops-eks/test/e2e/bench"
	"gitops-eks/test/e2e/fluxrun"
)

// keyless are the controllers that speak to AWS with the default settings: to
// CodeCommit, ECR and KMS.
var keyless = []string{"source-controller", "kustomize-controller", "image-reflector-controller", "image-automation-controller"}

// requireIdentities: each controller that speaks to AWS would get credentials
// there. EKS takes an association with any name, and a pod whose account has
// none starts without a word; here the names are compared with what runs.
func requireIdentities(t *testing.T, ctx context.Context, b *bench.Bench) {
	t.Helper()
	identities, err := b.Replay.PodIdentities()
	require.NoError(t, err)
	var used []string // by pods, as <namespace>/<service account>
	names(t, ctx, b, "apps/v1 Deployment", func(o *unstructured.Unstructured) bool {
		account, _, _ := unstructured.NestedString(o.Object, "spec", "template", "spec", "serviceAccountName")
		used = append(used, o.GetNamespace()+"/"+account)
		return true
	})
	accounts := names(t, ctx, b, "v1 ServiceAccount", func(*unstructured.Unstructured) bool { return true })
	var associated, problems []string
	for _, identity := range identities {
		account := identity.Namespace + "/" + identity.ServiceAccount
		associated = append(associated, account)
		switch {
		case !slices.Contains(accounts, account):
			problems = append(problems, fmt.Sprintf("%s names the service account %s, which does not exist", identity.Path, account))
		case !slices.Contains(used, account):
			problems = append(problems, fmt.Sprintf("%s names the service account %s, which no Deployment uses", identity.Path, account))
		case len(identity.Unawaited) > 0:
			problems = append(problems, fmt.Sprintf("%s may come after %s, whose pods would start without credentials: add the dependency", identity.Path, strings.Join(identity.Unawaited, ", ")))
		}
	}
	for _, controller := range keyless {
		if account := fluxrun.Namespace + "/" + controller; !slices.Contains(associated, account) {
			problems = append(problems, fmt.Sprintf("%s gets no credentials for AWS: no Pod Identity association names the service account %s", controller, account))
		}
	}
	require.Empty(t, strings.Join(problems, "\n"), "Pod Identity")
}
