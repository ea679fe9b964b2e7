package rules

import (
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/stacks/config"
	"gitops-eks/test/gates/finding"
	"gitops-eks/test/gates/gatetest"
)

const helmChart = "Custom::AWSCDK-EKS-HelmChart"

var versionFaults = []fault{
	{"eks-version-support", "", eksCluster, set("Version", "1.29"), `no version "1.29"`, ""},
	{"eks-version-support", "", eksCluster, set("Version", "1.32"), "ended on 2026-03-23", ""},
	{"eks-version-support", "", eksCluster, set("Version", "1.34"), "not one that kubectl and Flux fit", ""},
	{"eks-version-support", "", eksCluster, set("Version", nil), "default of the day", ""},
	{"versions-fit", "", eksCluster, set("Version", "1.33"), "does not fit Kubernetes 1.33", ""},
	{"versions-fit", ":KubectlLayer", "AWS::Lambda::LayerVersion", set("Description", "kubectl 1.31 and helm 3"), "kubectl 1.31 does not fit", eksCluster},
	{"chart-version", ":Operator", helmChart, set("Version", nil), "want an exact version", ""},
	{"chart-version", ":Operator", helmChart, set("Version", "0.58.x"), "want an exact version", ""},
	{"chart-version", ":Operator", helmChart, set("Version", "0.40.0"), "tested is 0.58.1", ""},
	{"flux-version", ":Instance", helmChart, replaced("Values", `"version":"2.9.4"`, `"version":"2.8.0"`), "Flux 2.8.0 is not carried", ""},
	{"flux-version", ":Instance", helmChart, replaced("Values", `"version":"2.9.4"`, `"version":""`), "name no version", ""},
}

func TestVersionIsNotedBeforeItsSupportEnds(t *testing.T) {
	found := findings(gatetest.Synth(t, "default"), "eks-version-support", day(config.SupportEnds["1.36"]).Add(-config.SupportNotice/2))
	require.Len(t, found, 1)
	require.Equal(t, finding.Note, found[0].Severity)
	require.Contains(t, found[0].Problem, "ends on 2027-06-22")
}

func TestVersionFailsAfterItsSupport(t *testing.T) {
	found := findings(gatetest.Synth(t, "default"), "eks-version-support", day("2028-01-01"))
	require.Len(t, found, 1)
	require.Equal(t, finding.Error, found[0].Severity)
}

func TestOldTablesAreNoted(t *testing.T) {
	a := gatetest.Synth(t, "default")
	require.Empty(t, findings(a, "table-age", tested()))
	found := findings(a, "table-age", day("2028-01-01"))
	require.Len(t, found, len(tables))
	require.Equal(t, finding.Note, found[0].Severity)
	require.Contains(t, found[0].Fix, "https://docs.aws.amazon.com/")
}

func TestTablesHaveDates(t *testing.T) {
	for _, ends := range config.SupportEnds {
		require.NotPanics(t, func() { day(ends) }, ends)
	}
	for _, ends := range runtimes {
		require.NotPanics(t, func() { day(ends) }, ends)
	}
}

func TestFamiliesHaveOneArchitecture(t *testing.T) {
	for _, name := range families[amd64] {
		require.NotContains(t, families[arm64], name)
	}
	for name, want := range map[string]string{"m7i.large": amd64, "m7g.large": arm64, "c7i-flex.2xlarge": amd64, "m7i.metal-24xl": amd64, "g5g.xlarge": arm64, "u7i-12tb.224xlarge": amd64} {
		got, ok := architectureOf(name)
		require.True(t, ok, name)
		require.Equal(t, want, got, name)
	}
	for _, name := range []string{"", "m7i", "m7i.", "m7i.huge", "m7i.0xlarge", "m7.large", "M7i.large"} {
		_, ok := architectureOf(name)
		require.False(t, ok, name)
	}
}
