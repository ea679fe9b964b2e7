package manifests

import (
	"slices"
	"strings"
	"sync"

	helmv2 "github.com/fluxcd/helm-controller/api/v2"
	automationv1 "github.com/fluxcd/image-automation-controller/api/v1"
	reflectorv1 "github.com/fluxcd/image-reflector-controller/api/v1"
	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	receiverv1 "github.com/fluxcd/notification-controller/api/v1"
	notificationv1 "github.com/fluxcd/notification-controller/api/v1beta3"
	sourcev1 "github.com/fluxcd/source-controller/api/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"
)

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
	// Files that say something of it, its own first; empty when it came from no [Tree].
	Files []string
}

// ID names the object, as in "apps/Deployment hello/hello".
func (o Object) ID() string {
	gvk := o.Raw.GroupVersionKind()
	return strings.TrimPrefix(gvk.Group+"/"+gvk.Kind, "/") + " " +
		strings.TrimPrefix(o.Raw.GetNamespace()+"/"+o.Raw.GetName(), "/")
}

func (o Object) subject() subject { return subject{o.ID(), o.Files} }

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

// decoded remembers objects by their text: edited trees have most of it in common.
var decoded sync.Map

// Decode decodes one object, in YAML or JSON. It fails on unknown kinds, on API
// versions that are gone, and on unknown and duplicate fields.
func Decode(data []byte) (Object, error) {
	if known, ok := decoded.Load(string(data)); ok {
		return known.(Object), nil
	}
	raw := &unstructured.Unstructured{}
	if err := yaml.UnmarshalStrict(data, &raw.Object); err != nil {
		return Object{}, err
	}
	object := Object{Raw: raw}
	if _, ok := untyped[raw.GroupVersionKind().GroupKind()]; !ok {
		typed, _, err := decoder.Decode(data, nil, nil)
		if err != nil {
			return Object{}, err
		}
		object.Typed = typed
	}
	decoded.Store(string(data), object)
	return object, nil
}

// about is the subject of a typed object among the environment's.
func (e *Environment) about(kind string, o metav1.Object) subject {
	s := subject{name: kind + " " + o.GetName()}
	for _, object := range e.Objects() {
		if object.Raw.GetKind() == kind && object.Raw.GetName() == o.GetName() && object.Raw.GetNamespace() == o.GetNamespace() {
			s.files = append(s.files, object.Files...)
		}
	}
	slices.Sort(s.files)
	s.files = slices.Compact(s.files)
	return s
}
