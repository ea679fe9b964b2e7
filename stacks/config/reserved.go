package config

import "strings"

// reservedEnvironments are names that something else has already, and what.
var reservedEnvironments = map[string]string{
	"delivery":   "the stack delivery has this one",
	"base":       "apps/base in the config repository holds what the environments share",
	"components": "apps/components in the config repository holds what the environments share",
}

// An app's name is that of its namespace, its Kustomization and its account in
// flux-system, and the end of the names of its repositories.
const (
	ofCluster  = "the app's namespace would be one of the cluster's own"
	ofFlux     = "an account of Flux in the namespace flux-system has this one"
	ofPlatform = "an object of the platform in the namespace flux-system has this one"
)

// reservedApps are names that something else has already, and what.
var reservedApps = map[string]string{
	"config": "the config repository has this one",

	"default": ofCluster, "flux-system": ofCluster, "kube-node-lease": ofCluster, "kube-public": ofCluster, "kube-system": ofCluster,

	"flux": ofFlux, "flux-operator": ofFlux, "source-controller": ofFlux, "kustomize-controller": ofFlux, "helm-controller": ofFlux,
	"notification-controller": ofFlux, "image-reflector-controller": ofFlux, "image-automation-controller": ofFlux, "source-watcher": ofFlux,

	// manifests/clusters and manifests/tenants
	"tenants": ofPlatform, "platform": ofPlatform, "policies": ofPlatform, "notifications": ofPlatform, "image-automation": ofPlatform,
	"platform-reconciler": ofPlatform, "infrastructure-reconciler": ofPlatform,
}

// ReservedApp says who has a name that no app may have; "" for all others.
func ReservedApp(name string) string {
	if strings.HasPrefix(name, "kube-") {
		return ofCluster
	}
	return reservedApps[name]
}
