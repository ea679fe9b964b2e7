package rules

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"gitops-eks/stacks/config"
	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
)

// versionRules are about versions of Kubernetes, Flux and its charts.
var versionRules = []rule{
	{"eks-version-support", each(versionSupport, "AWS::EKS::Cluster")},
	{"versions-fit", each(versionsFit, "AWS::EKS::Cluster")},
	{"chart-version", each(chartVersion, "Custom::AWSCDK-EKS-HelmChart")},
	{"flux-version", each(fluxVersion, "Custom::AWSCDK-EKS-HelmChart")},
}

func versionSupport(v *review, r *assembly.Resource) {
	version := v.text(r.Stack, r.Get("Version"))
	fix := "set kubernetesVersion to " + one(config.KubernetesVersions)
	ends, known := config.SupportEnds[version]
	switch {
	case version == "":
		v.wrong(r, fix, "Version is not set: EKS takes its default of the day, and an update of the stack changes nothing")
		return
	case !known:
		v.wrong(r, fix, "EKS has no version %s that is known here", shown(version))
		return
	case !v.today.Before(day(ends)):
		v.wrong(r, fix, "EKS's standard support of Kubernetes %s ended on %s", version, ends)
	case !slices.Contains(config.KubernetesVersions, version):
		v.wrong(r, fix, "Kubernetes %s is not one that kubectl and Flux fit, those are %s", version, one(config.KubernetesVersions))
	}
	if left := day(ends).Sub(v.today); left > 0 && left < config.SupportNotice {
		v.add(finding.Finding{
			Severity: finding.Note, Stack: r.Stack.ID, LogicalID: r.LogicalID, Path: r.Path,
			Problem: "EKS's standard support of Kubernetes " + version + " ends on " + ends, Fix: "plan the upgrade to the next version",
		})
	}
}

var minorVersion = regexp.MustCompile(`\b1\.[0-9]{2}\b`)

// versionsFit wants cluster, kubectl and Flux of versions that work together.
func versionsFit(v *review, r *assembly.Resource) {
	version := v.text(r.Stack, r.Get("Version"))
	flux := config.FluxVersions[len(config.FluxVersions)-1]
	for _, chart := range v.ofCluster(r, "Custom::AWSCDK-EKS-HelmChart") {
		if named := v.distribution(chart); named != "" {
			flux = named
		}
	}
	// The layer's description is the one place in a template that names kubectl's version.
	kubectl := config.KubectlMinor
	for _, layer := range r.Stack.All("AWS::Lambda::LayerVersion") {
		if text := v.text(r.Stack, layer.Get("Description")); strings.HasPrefix(text, "kubectl ") {
			kubectl = minorVersion.FindString(text)
		}
	}
	if err := config.CheckVersions(version, kubectl, flux); err != nil {
		v.wrong(r, "see stacks/config/versions.go for what fits", "%v", err)
	}
}

// exactVersion names one release of a chart.
var exactVersion = regexp.MustCompile(`^v?[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`)

// chartVersion wants exact versions, of Flux's charts the one that is tested.
func chartVersion(v *review, r *assembly.Resource) {
	version, chart := v.text(r.Stack, r.Get("Version")), v.text(r.Stack, r.Get("Chart"))
	switch {
	case !exactVersion.MatchString(version):
		v.wrong(r, "set an exact version such as "+config.FluxOperatorVersion, "Version is %s, want an exact version: what is installed would depend on the day", shown(version))
	case strings.HasPrefix(chart, "flux-") && version != config.FluxOperatorVersion:
		v.wrong(r, "use "+config.FluxOperatorVersion, "the chart %s has the version %s, tested is %s", chart, version, config.FluxOperatorVersion)
	}
}

func fluxVersion(v *review, r *assembly.Resource) {
	version := v.distribution(r)
	if version == "" {
		if v.text(r.Stack, r.Get("Chart")) == "flux-instance" {
			v.wrong(r, "set instance.distribution.version to "+one(config.FluxVersions), "Values name no version of Flux")
		}
		return
	}
	if !slices.Contains(config.FluxVersions, version) {
		v.wrong(r, "set flux.version to "+one(config.FluxVersions), "Flux %s is not carried by flux-operator %s, those that are carried are %s",
			version, config.FluxOperatorVersion, strings.Join(config.FluxVersions, ", "))
	}
}

// distribution is the version of Flux in the chart's values, empty for other charts.
func (v *review) distribution(chart *assembly.Resource) string {
	var values any
	if json.Unmarshal([]byte(v.text(chart.Stack, chart.Get("Values"))), &values) != nil {
		return "" // the gate of in-cluster objects says so
	}
	version, _ := at(values, "instance", "distribution", "version").(string)
	return version
}
