package bench

import (
	"fmt"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"gitops-eks/test/e2e/cluster"
	"gitops-eks/test/e2e/loopback"
)

var seed = filepath.Join("..", "..", "testdata", "project", "manifests")

// at is a cluster at an address.
func at(t *testing.T, address string) *cluster.Cluster {
	path := filepath.Join(t.TempDir(), "kubeconfig")
	require.NoError(t, clientcmd.WriteToFile(api.Config{
		Clusters:       map[string]*api.Cluster{"a": {Server: address}},
		Contexts:       map[string]*api.Context{"a": {Cluster: "a"}},
		CurrentContext: "a",
	}, path))
	c, err := cluster.Connect(cluster.ConnectOptions{Kubeconfig: path, Dir: t.TempDir()})
	require.NoError(t, err)
	return c
}

func TestAClusterOfAnotherVersionIsRefused(t *testing.T) {
	version := ""
	server, err := loopback.Serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"gitVersion":%q}`, version)
	}), nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Down() })
	c := at(t, server.URL())
	for given, want := range map[string]string{
		"v1.29.4":          "runs Kubernetes v1.29.4: kubectl 1.36 does not fit Kubernetes v1.29.4, it works with 1.35 to 1.37",
		"v1.37.0-eks-1a2b": "flux 2.9.4 does not fit Kubernetes v1.37.0-eks-1a2b, it was tested with 1.34 to 1.36",
		"dev":              `the Kubernetes version "dev" is no version`,
	} {
		version = given
		require.ErrorContains(t, Admit(t.Context(), c, seed), want)
	}
	version = "v1.36.1"
	require.ErrorContains(t, Admit(t.Context(), c, seed), "ask for the rights in the cluster", "the version is not what is wrong")

	require.NoError(t, server.Down())
	require.ErrorContains(t, Admit(t.Context(), c, seed), "the cluster at "+server.URL()+" cannot be reached")
}

func TestTheSeedsNamespacesAndRolesAreLookedFor(t *testing.T) {
	found, err := seedObjects(seed)
	require.NoError(t, err)
	for _, want := range []string{"Namespace hello", "ClusterRole app-reconciler", "ClusterRoleBinding infrastructure-reconciler", "ValidatingAdmissionPolicy app-images"} {
		require.Contains(t, texts(found), want)
	}
	require.NotContains(t, texts(found), "ServiceAccount flux-system/hello")
	_, err = seedObjects(t.TempDir())
	require.ErrorContains(t, err, "config repository, tenants")
}
