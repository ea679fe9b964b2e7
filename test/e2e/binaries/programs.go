package binaries

import (
	"fmt"
	"slices"
	"strings"
)

// kubernetesVersion goes into the programs by the linker, as in a release
// build: without it they call themselves v0.0.0, which charts refuse.
const kubernetesVersion = "1.36.3"

// A program and where its source is.
type program struct {
	name string
	// module is the folder of the tool-only module that pins the versions.
	module string
	// pkg is the main package.
	pkg string
	// pages is a folder of web pages that the program embeds and its module lacks.
	pages string
	// set are variables that the linker sets, name=value.
	set []string
}

// All programs of the bench, the slowest to build first within a module.
var programs = []program{
	{name: "kube-apiserver", module: "kube", pkg: "k8s.io/kubernetes/cmd/kube-apiserver", set: kubernetesVariables()},
	{name: "kube-controller-manager", module: "kube", pkg: "k8s.io/kubernetes/cmd/kube-controller-manager", set: kubernetesVariables()},
	{name: "kube-scheduler", module: "kube", pkg: "k8s.io/kubernetes/cmd/kube-scheduler", set: kubernetesVariables()},
	{name: "etcd", module: "kube", pkg: "go.etcd.io/etcd/server/v3"},
	{name: "source-controller", module: "flux", pkg: "github.com/fluxcd/source-controller"},
	{name: "kustomize-controller", module: "flux", pkg: "github.com/fluxcd/kustomize-controller"},
	{name: "helm-controller", module: "flux", pkg: "github.com/fluxcd/helm-controller"},
	{name: "notification-controller", module: "flux", pkg: "github.com/fluxcd/notification-controller"},
	{name: "image-reflector-controller", module: "flux", pkg: "github.com/fluxcd/image-reflector-controller"},
	{name: "image-automation-controller", module: "flux", pkg: "github.com/fluxcd/image-automation-controller"},
	{name: "kwok", module: "flux", pkg: "sigs.k8s.io/kwok/cmd/kwok"},
	{name: "flux-operator", module: "operator", pkg: operatorModule + "/cmd/operator", pages: "web/dist", set: []string{"main.VERSION=v0.58.1"}},
}

const operatorModule = "github.com/controlplaneio-fluxcd/flux-operator"

// A folder of a module that the bench needs beside its programs.
type data struct {
	// name of the folder in the set.
	name string
	// module that pins the version, and source, the module that has the folder.
	module, source string
	folders        []string
}

var datas = []data{
	// The operator's CRDs, RBAC and Deployment, and the Flux manifests that its image carries.
	{name: "operator-config", module: "operator", source: operatorModule, folders: []string{"config/crd", "config/data", "config/default", "config/manager", "config/rbac"}},
	// How kwok lets nodes and pods become ready.
	{name: "kwok-stages", module: "flux", source: "sigs.k8s.io/kwok", folders: []string{"kustomize/stage/node/fast", "kustomize/stage/node/heartbeat-with-lease", "kustomize/stage/pod/fast"}},
}

func kubernetesVariables() []string {
	parts := strings.Split(kubernetesVersion, ".")
	var set []string
	for _, pkg := range []string{"k8s.io/component-base/version", "k8s.io/client-go/pkg/version"} {
		set = append(set, pkg+".gitVersion=v"+kubernetesVersion, pkg+".gitMajor="+parts[0], pkg+".gitMinor="+parts[1])
	}
	return set
}

// args of `go build`, without those that differ between machines.
func (p program) args() []string {
	flags := "-s -w"
	for _, variable := range p.set {
		flags += fmt.Sprintf(" -X %s", variable)
	}
	return []string{"-trimpath", "-buildvcs=false", "-ldflags=" + flags}
}

func modules() (names []string) {
	for _, p := range programs {
		if !slices.Contains(names, p.module) {
			names = append(names, p.module)
		}
	}
	return names
}
