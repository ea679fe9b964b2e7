package manifests

import (
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"gitops-eks/stacks/config"
)

// An app has a Kustomization and an account of its name in flux-system, and must
// not take those of the platform: the settings refuse their names.
func TestNamesOfThePlatformAreReserved(t *testing.T) {
	tree := open(t)
	for _, name := range tree.Environments() {
		e := load(t, tree, name)
		tenants := map[string]bool{}
		for _, s := range e.Syncs {
			tenants[s.Name] = s.isApp()
		}
		for _, s := range e.Syncs {
			if !tenants[s.Name] {
				require.NotEmpty(t, config.ReservedApp(s.Name), "add the Kustomization %s to stacks/config/reserved.go", s.Name)
			}
		}
		for _, object := range e.Objects() {
			if account, ok := object.Typed.(*corev1.ServiceAccount); ok && account.Namespace == fluxNamespace && !tenants[account.Name] {
				require.NotEmpty(t, config.ReservedApp(account.Name), "add the account %s to stacks/config/reserved.go", account.Name)
			}
		}
	}
}
