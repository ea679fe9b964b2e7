package config

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestVersionsOnOfferFitTogether(t *testing.T) {
	require.Contains(t, KubernetesVersions, DefaultKubernetesVersion)
	require.Contains(t, FluxVersions, DefaultFluxVersion)
	for _, kubernetes := range KubernetesVersions {
		for _, flux := range FluxVersions {
			require.NoError(t, CheckVersions(kubernetes, KubectlMinor, flux))
		}
	}
	require.NoError(t, CheckVersions("v1.36.3", "1.36.3", "2.9.4"))
}

func TestSupportWarning(t *testing.T) {
	for _, c := range []struct{ version, today, want string }{
		{"1.35", "2027-01-25", ""},
		{"1.35", "2027-01-26", "EKS's standard support of Kubernetes 1.35 ends on 2027-03-27, and EKS then upgrades the control plane by itself: set kubernetesVersion to 1.36 before"},
		{"1.35", "2027-03-27", "EKS's standard support of Kubernetes 1.35 ended on 2027-03-27, and EKS upgrades the control plane by itself, but no add-on and no node group: set kubernetesVersion to 1.36"},
		{"1.36", "2027-06-22", "EKS's standard support of Kubernetes 1.36 ended on 2027-06-22, and EKS upgrades the control plane by itself, but no add-on and no node group: there is no newer one here yet, see \"Upgrade Kubernetes\" in the README"},
	} {
		today, err := time.Parse(time.DateOnly, c.today)
		require.NoError(t, err)
		require.Equal(t, c.want, SupportWarning(c.version, today))
	}
	for _, version := range KubernetesVersions {
		require.Contains(t, SupportEnds, version)
	}
}

func TestVersionsThatDoNotFit(t *testing.T) {
	for versions, want := range map[[3]string]string{
		{"1.34", "1.36", "2.9.4"}:  "kubectl 1.36 does not fit Kubernetes 1.34, it works with 1.35 to 1.37: change kubernetesVersion, or the kubectl layer in package.json",
		{"1.38", "1.36", "2.9.4"}:  "kubectl 1.36 does not fit Kubernetes 1.38, it works with 1.35 to 1.37: change kubernetesVersion, or the kubectl layer in package.json",
		{"1.37", "1.36", "2.9.4"}:  "flux 2.9.4 does not fit Kubernetes 1.37, it was tested with 1.34 to 1.36: change flux.version or kubernetesVersion",
		{"1.33", "1.34", "2.9.0"}:  "flux 2.9.0 does not fit Kubernetes 1.33, it was tested with 1.34 to 1.36: change flux.version or kubernetesVersion",
		{"1.36", "1.36", "2.8.8"}:  "flux 2.8.8 does not have the APIs that manifests/ uses, those that do are 2.9: change flux.version",
		{"1.36", "1.36", "latest"}: `the Flux version "latest" is no version, use one like 2.9.4`,
		{"36", "1.36", "2.9.4"}:    `the Kubernetes version "36" is no version, use one like 1.36`,
		{"1.36", "2.0", "2.9.4"}:   `the kubectl version "2.0" is no version, use one like 1.36`,
	} {
		require.EqualError(t, CheckVersions(versions[0], versions[1], versions[2]), want)
	}
}
