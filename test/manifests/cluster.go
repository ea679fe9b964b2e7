package manifests

import (
	"cmp"
	"maps"
)

// Cluster is what CDK creates in a cluster, as far as the config repo depends on it.
type Cluster struct {
	// Name of the folders of its environment: clusters/<name>, apps/<name>.
	Name string
	// Facts are the data of the ConfigMap flux-system/cluster-facts.
	Facts map[string]string
	// TenantsPath and PlatformPath are what the root Kustomizations follow.
	TenantsPath, PlatformPath string
	// Automatic says that the cluster's image automation may push: imageUpdates in the settings.
	Automatic bool
	// PlatformAccount is whom the root platform acts as. Default: platform-reconciler.
	PlatformAccount string
}

// FactKeys are the keys that cluster-facts has, with what each is.
var FactKeys = map[string]string{
	"environment":    "the name of the environment",
	"cluster_name":   "the name of the cluster",
	"aws_region":     "the AWS Region of the cluster",
	"aws_account_id": "the AWS account of the cluster",
	"registry":       "the host of the image registry",
	"image_prefix":   "what the names of the platform's images begin with",
	"config_branch":  "the branch that the cluster follows",
	"alert_type":     "the type of the notification Provider",
	"alert_secret":   "the Secret of the notification Provider",
}

// NewCluster is a cluster as the default settings make it for an environment.
func NewCluster(environment string) Cluster {
	return Cluster{
		Name:         environment,
		Facts:        factsFor(environment),
		TenantsPath:  "./tenants",
		PlatformPath: "./clusters/" + environment,
		Automatic:    environment == "dev", // the first one by default
	}
}

func factsFor(environment string) map[string]string {
	const registry = "111111111111.dkr.ecr.us-east-1.amazonaws.com"
	return map[string]string{
		"environment":    environment,
		"cluster_name":   "platform-" + environment,
		"aws_region":     "us-east-1",
		"aws_account_id": "111111111111",
		"registry":       registry,
		"image_prefix":   registry + "/platform",
		"config_branch":  "main",
		"alert_type":     "generic",
		"alert_secret":   "alert-webhook",
	}
}

// complete fills in the facts that are missing, so that one missing fact is
// reported where it belongs and not again in each file that uses it.
func (c Cluster) complete() map[string]string {
	facts := factsFor(c.Name)
	maps.Copy(facts, c.Facts)
	return facts
}

func (c Cluster) platformAccount() string { return cmp.Or(c.PlatformAccount, "platform-reconciler") }
