package stacks

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// assetHash is the name of an asset: the SHA-256 of its content.
var assetHash = regexp.MustCompile(`[0-9a-f]{64}`)

// awaited is the mark that a deployment waits for: it follows from what it is
// about, which shows by itself.
var awaited = regexp.MustCompile(`lastHandledReconcileAt=="[0-9a-f]+"`)

// uniqueMark is an annotation that changes whenever what it is about does.
const uniqueMark = "reconcile.fluxcd.io/requestedAt"

// normalized is a copy of the value without what changes in every build: the
// hashes of assets, and metadata, which CloudFormation does not act on.
func normalized(value any) any {
	switch value := value.(type) {
	case string:
		return awaited.ReplaceAllString(assetHash.ReplaceAllString(value, "(asset)"), "(awaited)")
	case []any:
		list := make([]any, len(value))
		for i, item := range value {
			list[i] = normalized(item)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(value))
		for key, item := range value {
			if key != "Metadata" && key != uniqueMark {
				object[key] = normalized(item)
			}
		}
		return object
	}
	return value
}

// hashes are the assets that the value refers to.
func hashes(value any) []string {
	text, _ := json.Marshal(value)
	found := assetHash.FindAllString(string(text), -1)
	slices.Sort(found)
	return slices.Compact(found)
}

// unfolded is the value with every JSON text in it read, so that a difference
// in it is one of fields. A list of Kubernetes objects becomes a map by their
// names: the order says nothing, and a renamed object shows as two.
func unfolded(value any) any {
	if text, ok := flat(value); ok {
		var read any
		if strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
			if json.Unmarshal([]byte(text), &read) == nil {
				return unfolded(byName(normalized(read)))
			}
		}
		return text
	}
	switch value := value.(type) {
	case []any:
		list := make([]any, len(value))
		for i, item := range value {
			list[i] = unfolded(item)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(value))
		for key, item := range value {
			object[key] = unfolded(item)
		}
		return object
	}
	return value
}

// byName turns a list of Kubernetes objects into a map by their names.
func byName(value any) any {
	list, ok := value.([]any)
	if !ok || len(list) == 0 {
		return value
	}
	named := map[string]any{}
	for _, item := range list {
		id := objectID(item)
		if id == "" {
			return value
		}
		named[id] = item
	}
	return named
}

// objectID is "Kind namespace/name"; empty for what is no Kubernetes object.
func objectID(value any) string {
	object, _ := value.(map[string]any)
	kind, _ := object["kind"].(string)
	metadata, _ := object["metadata"].(map[string]any)
	name, _ := metadata["name"].(string)
	if kind == "" || name == "" {
		return ""
	}
	if namespace, ok := metadata["namespace"].(string); ok {
		name = namespace + "/" + name
	}
	return kind + " " + name
}

// flat is a text with the intrinsic functions in it written as ${…}.
func flat(value any) (string, bool) {
	switch value := value.(type) {
	case string:
		return value, true
	case map[string]any:
		if len(value) != 1 {
			return "", false
		}
		for function, argument := range value {
			return flatFunction(function, argument)
		}
	}
	return "", false
}

func flatFunction(function string, argument any) (string, bool) {
	switch function {
	case "Ref":
		return fmt.Sprintf("${%v}", argument), true
	case "Fn::GetAtt":
		if list, ok := argument.([]any); ok && len(list) == 2 {
			return fmt.Sprintf("${%v.%v}", list[0], list[1]), true
		}
	case "Fn::Sub":
		if text, ok := argument.(string); ok {
			return text, true
		}
	case importValue:
		if name, ok := argument.(string); ok {
			return "${" + name + "}", true
		}
	case stackOutput:
		if output, ok := argument.(map[string]any); ok {
			return fmt.Sprintf("${%v:%v}", output["StackName"], output["OutputName"]), true
		}
	case "Fn::Join":
		list, _ := argument.([]any)
		if len(list) != 2 {
			return "", false
		}
		parts, ok := list[1].([]any)
		if !ok {
			return "", false
		}
		separator, _ := list[0].(string)
		texts := make([]string, len(parts))
		for i, part := range parts {
			text, ok := flat(part)
			if !ok {
				text = "${…}"
			}
			texts[i] = text
		}
		return strings.Join(texts, separator), true
	}
	return "", false
}

// template is the part of a template that is compared.
func template(whole map[string]any) map[string]any {
	copied, _ := normalized(whole).(map[string]any)
	resources, _ := copied["Resources"].(map[string]any)
	maps.DeleteFunc(resources, func(_ string, body any) bool {
		resource, _ := body.(map[string]any)
		return resource["Type"] == "AWS::CDK::Metadata"
	})
	return copied
}
