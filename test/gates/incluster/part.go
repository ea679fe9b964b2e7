package incluster

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/manifests"
)

// part is one custom resource of the handler.
type part struct {
	*assembly.Resource
	// cluster that it goes into; nil when its ClusterName names none.
	cluster *assembly.Resource
	// object of a manifest; nil for the other types, and when it cannot be read.
	object *manifests.Object
	// values of a chart; nil for the other types, and when they cannot be read.
	values map[string]any
}

// is says whether the part is a manifest of the kind with the name.
func (p *part) is(kind, name string) bool {
	return p.object != nil && p.object.Raw.GetKind() == kind && (name == "" || p.object.Raw.GetName() == name)
}

func (c *cluster) manifest(kind, name string) *part {
	return c.find(func(p *part) bool { return p.is(kind, name) })
}

func (c *cluster) chart(name string) *part {
	return c.find(func(p *part) bool { return p.Type == chartType && p.Get("Chart") == name })
}

func (c *cluster) find(wanted func(*part) bool) *part {
	if at := slices.IndexFunc(c.parts, wanted); at >= 0 {
		return c.parts[at]
	}
	return nil
}

// known are the properties of each type, true for those that must be there.
// Others would be passed over by the handler in silence.
var known = map[string]map[string]bool{
	manifestType: {"Manifest": true, "Overwrite": true},
	chartType: {
		"Release": true, "Chart": true, "Version": true, "Repository": true, "Namespace": true,
		"Values": true, "Wait": true, "Timeout": true, "CreateNamespace": true,
	},
	patchType: {
		"ResourceName": true, "ResourceNamespace": true, "ApplyPatchJson": true, "RestorePatchJson": true, "PatchType": true,
	},
	valueType: {
		"ObjectType": true, "ObjectName": true, "ObjectNamespace": true, "JsonPath": true, "TimeoutSeconds": true,
	},
}

// everywhere are the properties of all types.
var everywhere = map[string]bool{"ServiceToken": true, "ClusterName": true, "ServiceTimeout": true}

// read checks what every custom resource has, and reads what it holds.
func (r *review) read(resource *assembly.Resource) *part {
	p := &part{Resource: resource, cluster: r.target(resource.Stack, resource.Get("ClusterName"))}
	allowed, ok := known[resource.Type]
	if !ok {
		r.add("type", resource, "use one of them", "%s is no type that the handler knows, which are %s",
			resource.Type, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		return p
	}
	r.checkProperties(resource, allowed)
	r.checkTarget(p)
	if r.wantBool(resource, "Overwrite", resource.Type == manifestType) {
		r.add("overwrite", resource, "set Overwrite: true", "Overwrite is %v: a create that is repeated after a lost answer would fail with AlreadyExists", resource.Get("Overwrite"))
	}
	for _, policy := range []string{"DeletionPolicy", "UpdateReplacePolicy"} {
		if value := resource.Body[policy]; value != nil && value != "Delete" {
			r.add("deletion", resource, "set "+policy+": Delete", "%s is %v: the object would be left behind in the cluster", policy, value)
		}
	}
	// The handler's functions end after 900 seconds; without a bound, CloudFormation waits an hour for a dead one.
	if seconds, err := strconv.Atoi(plain(resource.Get("ServiceTimeout"))); err != nil || seconds <= 900 || seconds > 1200 {
		r.add("service-timeout", resource, "set ServiceTimeout: 960", "ServiceTimeout is %v, want more than the 900 seconds of the handler, and at most 1200", resource.Get("ServiceTimeout"))
	}
	switch resource.Type {
	case manifestType:
		p.object = r.readManifest(resource)
	case chartType:
		p.values = r.readValues(resource)
	}
	return p
}

func (r *review) checkProperties(resource *assembly.Resource, allowed map[string]bool) {
	for name, required := range allowed {
		if required && resource.Get(name) == nil {
			r.add("properties", resource, "set "+name, "%s is missing", name)
		}
	}
	for name := range everywhere {
		if resource.Get(name) == nil {
			r.add("properties", resource, "set "+name, "%s is missing", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(resource.Properties)) {
		if _, ok := allowed[name]; !ok && !everywhere[name] {
			r.add("properties", resource, "remove it, or spell it as one of them", "%s is none of the properties in use: %s",
				name, strings.Join(slices.Sorted(maps.Keys(allowed)), ", "))
		}
	}
}

// wantBool says whether a property that must be true is not.
func (r *review) wantBool(resource *assembly.Resource, name string, wanted bool) bool {
	return wanted && resource.Get(name) != nil && plain(resource.Get(name)) != "true"
}

// checkTarget holds that a custom resource talks to the cluster of its own
// environment, through that cluster's handler.
func (r *review) checkTarget(p *part) {
	if p.cluster == nil || p.cluster.Type != "AWS::EKS::Cluster" {
		r.add("cluster", p.Resource, "refer to the cluster of this environment", "ClusterName %s names no cluster of this assembly", plain(p.Get("ClusterName")))
		p.cluster = nil
	} else if p.cluster.Stack != p.Stack && environmentOf(p.cluster.Stack) != environmentOf(p.Stack) {
		r.add("cluster", p.Resource, "refer to the cluster of this environment", "ClusterName names the cluster %s of the stack %s", p.cluster.LogicalID, p.cluster.Stack.ID)
	}
	function := r.target(p.Stack, p.Get("ServiceToken"))
	switch {
	case function == nil || function.Type != "AWS::Lambda::Function":
		r.add("handler", p.Resource, "refer to the ARN of the provider's framework function", "ServiceToken %s names no function of this assembly", plain(p.Get("ServiceToken")))
	case function.Get("Environment", "Variables", "USER_ON_EVENT_FUNCTION_ARN") == nil:
		r.add("handler", p.Resource, "refer to the provider's framework function, which calls the handler", "ServiceToken names %s, which is not the framework of the handler", function.LogicalID)
	case p.cluster != nil && function.Stack != p.cluster.Stack:
		r.add("handler", p.Resource, "refer to the handler in the stack of the cluster", "ServiceToken names the handler in %s, the cluster is in %s", function.Stack.ID, p.cluster.Stack.ID)
	}
}

// readManifest reads the one object of a manifest.
func (r *review) readManifest(resource *assembly.Resource) *manifests.Object {
	text, err := r.text(resource.Stack, resource.Get("Manifest"))
	if err != nil {
		r.add("manifest", resource, "mend the expression", "the manifest %v", err)
		return nil
	}
	var objects []json.RawMessage
	if err := json.Unmarshal([]byte(text), &objects); err != nil {
		r.add("manifest", resource, "make it a JSON list with one object", "the manifest is not a JSON list of objects: %v", err)
		return nil
	}
	if len(objects) != 1 {
		r.add("manifest", resource, "give each object a custom resource of its own", "the manifest has %d objects, want 1: one that leaves the list would stay in the cluster", len(objects))
	}
	if len(objects) == 0 {
		return nil
	}
	object, err := manifests.Decode(objects[0])
	if err != nil {
		r.add("manifest", resource, "follow the schema of Kubernetes 1.36 and Flux 2.9", "the object is not valid: %v", err)
		return lenient(objects[0])
	}
	return &object
}

func (r *review) readValues(resource *assembly.Resource) map[string]any {
	text, err := r.text(resource.Stack, resource.Get("Values"))
	if err != nil {
		r.add("values", resource, "mend the expression", "the values %v", err)
		return nil
	}
	var values map[string]any
	if err := json.Unmarshal([]byte(text), &values); err != nil {
		r.add("values", resource, "make them a JSON object", "the values are not a JSON object: %v", err)
	}
	return values
}
