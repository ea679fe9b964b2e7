package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheKubeconfigIsFound(t *testing.T) {
	home, err := os.UserHomeDir()
	require.NoError(t, err)
	for given, want := range map[string]string{
		"kind.yaml": "/project/kind.yaml", "~/.kube/config": filepath.Join(home, ".kube/config"), "/etc/kubeconfig": "/etc/kubeconfig",
	} {
		o := options{root: "/project", kubeconfig: given, registry: "localhost:5001"}
		require.NoError(t, o.resolve())
		require.Equal(t, want, o.kubeconfig)
	}
	two := options{root: "/project", kubeconfig: "/a:/b", registry: "localhost:5001"}
	require.ErrorContains(t, two.resolve(), "KUBECONFIG names several files (/a:/b), want one")
}

func TestAnExistingClusterNeedsARegistry(t *testing.T) {
	o := options{root: "/project", kubeconfig: "/kubeconfig"}
	require.ErrorContains(t, o.resolve(), "REGISTRY=localhost:5001")
	o = options{root: "/project", registry: "localhost:5001"}
	require.ErrorContains(t, o.resolve(), "REGISTRY is for an existing cluster")
	require.NoError(t, (&options{root: "/project"}).resolve())
}

func TestAnExistingClusterHasItsOwnKubelet(t *testing.T) {
	own, existing := (&options{}).standIns(), (&options{kubeconfig: "/kubeconfig", registry: "localhost:5001"}).standIns()
	require.Contains(t, strings.Join(own, "\n"), "kwok")
	require.NotContains(t, strings.Join(existing, "\n"), "kwok")
	require.Contains(t, existing, "ECR: the registry localhost:5001, without a log-in")
	require.Less(t, len(existing), len(own))
}
