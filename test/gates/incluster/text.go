package incluster

import (
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"gitops-eks/test/manifests"
)

// plain is a value as a reader would write it.
func plain(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case nil:
		return "(none)"
	case bool, float64:
		return fmt.Sprint(value)
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}

// lenient is an object that strict decoding refuses, for the rules that look at
// what is still there; nil when it is no object at all.
func lenient(text []byte) *manifests.Object {
	raw := &unstructured.Unstructured{}
	if json.Unmarshal(text, &raw.Object) != nil || raw.GetKind() == "" {
		return nil
	}
	return &manifests.Object{Raw: raw}
}

// at follows names into nested objects; nil when a step is not there.
func at(value any, path ...string) any {
	for _, step := range path {
		object, _ := value.(map[string]any)
		value = object[step]
	}
	return value
}

// text is a nested text; empty when it is not there.
func text(value any, path ...string) string {
	found, _ := at(value, path...).(string)
	return found
}
