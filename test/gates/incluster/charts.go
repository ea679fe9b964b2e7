package incluster

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"gitops-eks/stacks/config"
)

const (
	fluxNamespace = "flux-system"
	operatorChart = "flux-operator"
	instanceChart = "flux-instance"
	// charts is the folder of both charts in a registry.
	charts = "/controlplaneio-fluxcd/charts/"
	// requestedAt asks a Flux object to reconcile; the waits look for its value.
	requestedAt = "reconcile.fluxcd.io/requestedAt"
)

// releases are the names of the Helm releases, by chart.
var releases = map[string]string{operatorChart: "flux-operator", instanceChart: "flux"}

// operatorValues are the values of the chart flux-operator that are in use.
// https://github.com/controlplaneio-fluxcd/charts/tree/main/charts/flux-operator
type operatorValues struct {
	Image struct {
		Repository string `json:"repository"`
	} `json:"image"`
	Web struct {
		Enabled *bool `json:"enabled"`
	} `json:"web"`
}

// instanceValues are the values of the chart flux-instance that are in use.
// There is no sync: the operator leaves the workloads behind when it deletes one.
// https://github.com/controlplaneio-fluxcd/charts/tree/main/charts/flux-instance
type instanceValues struct {
	CommonAnnotations map[string]string `json:"commonAnnotations"`
	Instance          struct {
		Distribution struct {
			Version  string  `json:"version"`
			Registry string  `json:"registry"`
			Artifact *string `json:"artifact"`
		} `json:"distribution"`
		Components []string `json:"components"`
		Cluster    struct {
			Type          string `json:"type"`
			Size          string `json:"size"`
			Multitenant   bool   `json:"multitenant"`
			NetworkPolicy bool   `json:"networkPolicy"`
		} `json:"cluster"`
		Kustomize struct {
			Patches []patch `json:"patches"`
		} `json:"kustomize"`
	} `json:"instance"`
}

// strict decodes values; a key that is not there, or that is there twice by
// another case, is an error.
func strict(values map[string]any, into any) error {
	text, err := json.Marshal(values)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("more than one value")
	}
	return nil
}

// checkFlux holds both charts to what Flux needs here.
func (r *review) checkFlux(c *cluster) {
	registry := ""
	for _, p := range c.parts {
		if p.Type != chartType {
			continue
		}
		name := plain(p.Get("Chart"))
		if releases[name] == "" {
			r.add("chart", p.Resource, "install further software with a HelmRelease in Git", "the chart %s is neither %s nor %s", name, operatorChart, instanceChart)
			continue
		}
		host := r.checkChart(p, name)
		if registry != "" && host != registry {
			r.add("registry", p.Resource, "take all of Flux from one registry", "comes from %s, the other chart from %s", host, registry)
		}
		registry = host
		switch name {
		case operatorChart:
			r.checkOperator(p, host)
		case instanceChart:
			r.checkInstance(c, p, host)
		}
	}
	for name := range releases {
		if c.chart(name) == nil {
			r.missing("chart", c, "install it", "the chart %s is not installed in %s", name, c.LogicalID)
		}
	}
}

// checkChart checks a chart and returns its registry.
func (r *review) checkChart(p *part, name string) string {
	wrong := func(rule, fix, format string, args ...any) { r.add(rule, p.Resource, fix, format, args...) }
	repository, err := r.text(p.Stack, p.Get("Repository"))
	host, chart, found := strings.Cut(strings.TrimPrefix(repository, "oci://"), charts)
	if err != nil || !found || chart != name || !strings.HasPrefix(repository, "oci://") || host == "" {
		wrong("chart", "set Repository: oci://<registry>"+charts+name, "Repository is %s, want oci://<registry>%s%s", plain(p.Get("Repository")), charts, name)
	}
	if version := plain(p.Get("Version")); version != config.FluxOperatorVersion {
		wrong("version", "set Version: "+config.FluxOperatorVersion, "the chart's version is %s, want %s, the one that the Flux versions are checked against", version, config.FluxOperatorVersion)
	}
	if release := plain(p.Get("Release")); release != releases[name] {
		wrong("release", "set Release: "+releases[name], "the release is %s, want %s: another name is another installation", release, releases[name])
	}
	if namespace := plain(p.Get("Namespace")); namespace != fluxNamespace {
		wrong("namespace", "set Namespace: "+fluxNamespace, "installed into the namespace %s, want %s", namespace, fluxNamespace)
	}
	for _, property := range []string{"Wait", "CreateNamespace"} {
		if r.wantBool(p.Resource, property, true) {
			wrong("chart", "set "+property+": true", "%s is %v", property, p.Get(property))
		}
	}
	if timeout, err := time.ParseDuration(plain(p.Get("Timeout"))); err != nil || timeout < time.Minute || timeout > 10*time.Minute {
		wrong("timeout", "set Timeout: 600s", "Timeout is %s, want 1 to 10 minutes: a handler that ends first kills Helm, and a killed Helm leaves a lock that no retry clears", plain(p.Get("Timeout")))
	}
	return host
}

func (r *review) checkOperator(p *part, registry string) {
	var values operatorValues
	if err := strict(p.values, &values); err != nil && p.values != nil {
		r.add("values", p.Resource, "use image.repository and web.enabled", "values of the chart: %v", err)
		return
	}
	if want := registry + "/controlplaneio-fluxcd/flux-operator"; values.Image.Repository != want {
		r.add("registry", p.Resource, "set image.repository: "+want, "image.repository is %q, want %s, from where the chart comes", values.Image.Repository, want)
	}
	if values.Web.Enabled == nil || *values.Web.Enabled {
		r.add("values", p.Resource, "set web.enabled: false", "the web interface is on, without any log-in")
	}
}

// components are all of Flux that the repository and the pipelines use.
var components = []string{
	"source-controller", "kustomize-controller", "helm-controller", "notification-controller",
	"image-reflector-controller", "image-automation-controller",
}

func (r *review) checkInstance(c *cluster, p *part, registry string) {
	var values instanceValues
	if err := strict(p.values, &values); err != nil && p.values != nil {
		r.add("values", p.Resource, "use the values that constructs/flux.go sets", "values of the chart: %v", err)
		return
	}
	wrong := func(rule, fix, format string, args ...any) { r.add(rule, p.Resource, fix, format, args...) }
	instance := values.Instance
	if !slices.Contains(config.FluxVersions, instance.Distribution.Version) {
		wrong("version", "choose one of them", "distribution.version is %q, want one of %s", instance.Distribution.Version, strings.Join(config.FluxVersions, ", "))
	} else if kubernetes := c.Get("Version"); kubernetes != nil {
		if err := config.CheckVersions(plain(kubernetes), config.KubectlMinor, instance.Distribution.Version); err != nil {
			wrong("version", "change flux.version or kubernetesVersion", "%v", err)
		}
	}
	if want := registry + "/fluxcd"; instance.Distribution.Registry != want {
		wrong("registry", "set distribution.registry: "+want, "distribution.registry is %q, want %s", instance.Distribution.Registry, want)
	}
	if instance.Distribution.Artifact == nil || *instance.Distribution.Artifact != "" {
		wrong("artifact", `set distribution.artifact: ""`, "distribution.artifact is not empty: the manifests would follow a tag that moves")
	}
	for _, component := range components {
		if !slices.Contains(instance.Components, component) {
			wrong("components", "add it", "components lacks %s", component)
		}
	}
	for _, component := range instance.Components {
		if !slices.Contains(components, component) {
			wrong("components", "name one of "+strings.Join(components, ", "), "%s is no component", component)
		}
	}
	if instance.Cluster.Type != "aws" {
		wrong("cluster-type", "set cluster.type: aws", "cluster.type is %q, want aws", instance.Cluster.Type)
	}
	if sizes := []string{"small", "medium", "large"}; !slices.Contains(sizes, instance.Cluster.Size) {
		wrong("cluster-size", "choose one of them", "cluster.size is %q, want one of %s", instance.Cluster.Size, strings.Join(sizes, ", "))
	}
	if !instance.Cluster.Multitenant {
		wrong("multitenant", "set cluster.multitenant: true", "cluster.multitenant is off: a tenant could use another's objects, and act as the controller")
	}
	if !instance.Cluster.NetworkPolicy {
		wrong("network-policy", "set cluster.networkPolicy: true", "cluster.networkPolicy is off: every pod could reach Flux")
	}
	if values.CommonAnnotations[requestedAt] == "" {
		wrong("requested-at", "set commonAnnotations."+requestedAt, "the annotation %s is missing, which the wait for Flux looks for", requestedAt)
	}
	r.checkPatches(p, instance.Components, instance.Kustomize.Patches)
	r.checkNarrow(p, instance.Kustomize.Patches)
}
