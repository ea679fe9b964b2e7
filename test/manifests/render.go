// Package manifests checks the config repo's seed the way Flux reads it: it builds
// every path that a cluster follows, substitutes the cluster's facts, decodes each
// object strictly and compares the result with what the platform promises.
//
// It is a module of its own for the weight of what it needs: Kubernetes' and Flux's
// types, kustomize, the API server's CEL and Pod Security.
package manifests

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	helmv2 "github.com/fluxcd/helm-controller/api/v2"
	automationv1 "github.com/fluxcd/image-automation-controller/api/v1"
	reflectorv1 "github.com/fluxcd/image-reflector-controller/api/v1"
	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	receiverv1 "github.com/fluxcd/notification-controller/api/v1"
	notificationv1 "github.com/fluxcd/notification-controller/api/v1beta3"
	"github.com/fluxcd/pkg/envsubst"
	sourcev1 "github.com/fluxcd/source-controller/api/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// factsFor are the keys of the ConfigMap flux-system/cluster-facts, which CDK writes.
func factsFor(environment string) map[string]string {
	return map[string]string{
		"environment":    environment,
		"cluster_name":   "platform-" + environment,
		"aws_region":     "us-east-1",
		"aws_account_id": "111111111111",
		"registry":       "111111111111.dkr.ecr.us-east-1.amazonaws.com",
		"image_prefix":   "111111111111.dkr.ecr.us-east-1.amazonaws.com/platform",
		"config_branch":  "main",
		"alert_type":     "generic",
		"alert_secret":   "alert-webhook",
	}
}

// untyped are the kinds that have no Go types to decode into, with the reason.
var untyped = map[schema.GroupKind]string{
	{Group: "eks.amazonaws.com", Kind: "IngressClassParams"}: "part of EKS Auto Mode, which is not open source",
}

var decoder = func() runtime.Decoder {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		clientscheme.AddToScheme,
		sourcev1.AddToScheme,
		kustomizev1.AddToScheme,
		helmv2.AddToScheme,
		notificationv1.AddToScheme,
		receiverv1.AddToScheme,
		reflectorv1.AddToScheme,
		automationv1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			panic(err)
		}
	}
	return serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
}()

// Object is one object as Flux would apply it.
type Object struct {
	// Typed is nil for the kinds in untyped.
	Typed runtime.Object
	Raw   *unstructured.Unstructured
}

// ID names the object, as in "apps/Deployment hello/hello".
func (o Object) ID() string {
	gvk := o.Raw.GroupVersionKind()
	return strings.TrimPrefix(gvk.Group+"/"+gvk.Kind, "/") + " " +
		strings.TrimPrefix(o.Raw.GetNamespace()+"/"+o.Raw.GetName(), "/")
}

// all returns the objects of type T.
func all[T runtime.Object](objects []Object) []T {
	var found []T
	for _, o := range objects {
		if typed, ok := o.Typed.(T); ok {
			found = append(found, typed)
		}
	}
	return found
}

// Tree is a config repo, held in memory: the tests build a hundred edited ones.
type Tree struct {
	// Files are the contents by path.
	Files map[string]string
	// read are the files that a build has opened.
	read map[string]bool
}

// NewTree reads the config repo at dir.
func NewTree(dir string) (*Tree, error) {
	t := &Tree{Files: map[string]string{}, read: map[string]bool{}}
	root := os.DirFS(dir)
	return t, fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(root, path)
		t.Files[path] = string(data)
		return err
	})
}

// recorder notes which files kustomize reads.
type recorder struct {
	filesys.FileSystem
	read map[string]bool
}

func (r recorder) ReadFile(path string) ([]byte, error) {
	r.read[strings.TrimPrefix(path, "/")] = true
	return r.FileSystem.ReadFile(path)
}

func (t *Tree) fileSystem() (filesys.FileSystem, error) {
	memory := filesys.MakeFsInMemory()
	for path, content := range t.Files {
		if err := memory.WriteFile("/"+path, []byte(content)); err != nil {
			return nil, err
		}
	}
	return recorder{memory, t.read}, nil
}

// Build renders one path as kustomize-controller does for the environment.
func (t *Tree) Build(path, environment string) ([]Object, error) {
	files, err := t.fileSystem()
	if err != nil {
		return nil, err
	}
	if !files.IsDir("/" + path) {
		return nil, fmt.Errorf("path %s does not exist", path)
	}
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(files, "/"+path)
	if err != nil {
		return nil, fmt.Errorf("build %s failed: %w", path, err)
	}
	facts := factsFor(environment)
	var objects []Object
	var problems []error
	for _, resource := range built.Resources() {
		data, err := resource.AsYAML()
		if err != nil {
			return nil, err
		}
		// Strict, as kustomize-controller is since Flux 2.9.
		text, err := envsubst.Eval(string(data), func(name string) (string, bool) {
			value, ok := facts[name]
			return value, ok
		})
		if err != nil {
			problems = append(problems, fmt.Errorf("substitute in %s, %s %s failed: %w", path, resource.GetKind(), resource.GetName(), err))
			continue
		}
		object, err := decode([]byte(text))
		if err != nil {
			problems = append(problems, fmt.Errorf("decode %s, %s %s failed: %w", path, resource.GetKind(), resource.GetName(), err))
			continue
		}
		objects = append(objects, object)
	}
	return objects, errors.Join(problems...)
}

// decoded remembers objects by their text: edited trees have most of it in common.
var decoded = map[string]Object{}

// decode fails on unknown kinds and on unknown and duplicate fields.
func decode(data []byte) (object Object, err error) {
	if known, ok := decoded[string(data)]; ok {
		return known, nil
	}
	defer func() {
		if err == nil {
			decoded[string(data)] = object
		}
	}()
	raw := &unstructured.Unstructured{}
	if err := yaml.UnmarshalStrict(data, &raw.Object); err != nil {
		return Object{}, err
	}
	if _, ok := untyped[raw.GroupVersionKind().GroupKind()]; ok {
		return Object{Raw: raw}, nil
	}
	typed, _, err := decoder.Decode(data, nil, nil)
	if err != nil {
		return Object{}, err
	}
	return Object{Typed: typed, Raw: raw}, nil
}

// Lint reports YAML files with duplicate keys, also those that no build reads.
func (t *Tree) Lint() []string {
	var problems []string
	for _, path := range t.yamlFiles() {
		for _, document := range strings.Split("\n"+t.Files[path], "\n---\n") {
			if _, err := yaml.YAMLToJSONStrict([]byte(document)); err != nil {
				problems = append(problems, fmt.Sprintf("%s: %v", path, err))
			}
		}
	}
	return problems
}

// Orphans are the YAML files that no build has read.
func (t *Tree) Orphans() []string {
	return slices.DeleteFunc(t.yamlFiles(), func(path string) bool { return t.read[path] })
}

// Environments are the folders of clusters/.
func (t *Tree) Environments() []string {
	var names []string
	for path := range t.Files {
		if parts := strings.Split(path, "/"); parts[0] == "clusters" && len(parts) > 2 && !slices.Contains(names, parts[1]) {
			names = append(names, parts[1])
		}
	}
	slices.Sort(names)
	return names
}

func (t *Tree) yamlFiles() []string {
	var paths []string
	for path := range t.Files {
		if strings.HasSuffix(path, ".yaml") || strings.HasSuffix(path, ".yml") {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}
