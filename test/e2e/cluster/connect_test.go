package cluster

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

func TestOnlyTheCurrentContextIsTaken(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "ca.crt"), []byte("the authority"), 0o600))
	config := api.Config{
		Clusters:       map[string]*api.Cluster{"a": {Server: "https://a", CertificateAuthority: "ca.crt", TLSServerName: "kubernetes"}, "b": {Server: "https://b"}},
		Contexts:       map[string]*api.Context{"a": {Cluster: "a"}, "b": {Cluster: "b"}},
		CurrentContext: "a",
	}
	path := filepath.Join(dir, "kubeconfig")
	require.NoError(t, clientcmd.WriteToFile(config, path))
	raw, err := currentContext(path)
	require.NoError(t, err)
	require.Len(t, raw.Clusters, 1)
	require.Equal(t, "the authority", string(raw.Clusters["a"].CertificateAuthorityData), "kubeconfigs made of it lie elsewhere")
	require.Equal(t, "kubernetes", raw.Clusters["a"].TLSServerName)

	config.CurrentContext = ""
	require.NoError(t, clientcmd.WriteToFile(config, path))
	_, err = Connect(ConnectOptions{Kubeconfig: path, Dir: dir})
	require.ErrorContains(t, err, "it has no current context: set one with kubectl config use-context")
	_, err = Connect(ConnectOptions{Kubeconfig: filepath.Join(dir, "none"), Dir: dir})
	require.ErrorIs(t, err, os.ErrNotExist)
}
