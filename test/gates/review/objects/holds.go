package objects

// holds are the kinds of Kubernetes objects whose deletion takes more with it
// than themselves, with what that is.
var holds = map[string]string{
	"CustomResourceDefinition": "every object of its kind, in all namespaces",
	"HelmRelease":              "the release and all that it installed",
	"Kustomization":            "all that it applied, where it prunes",
	"Namespace":                "everything in the namespace",
	"PersistentVolume":         "the volume's data",
	"PersistentVolumeClaim":    "the volume's data, unless its class retains",
	"StatefulSet":              "the pods with a lasting identity, and their claims where its policy deletes them",
	"FluxInstance":             "Flux itself",
}

// Holds says what goes with an object of the kind; empty when only itself does.
func Holds(kind string) string { return holds[kind] }
