package incluster

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"

	"k8s.io/client-go/util/jsonpath"
)

// waits are the objects that a deployment waits for.
var waits = []struct{ resource, name string }{
	{"fluxinstances.fluxcd.controlplane.io", "flux"},
	{"kustomizations.kustomize.toolkit.fluxcd.io", tenantsName},
	{"kustomizations.kustomize.toolkit.fluxcd.io", platformName},
}

// succeeded is the reason of the condition Ready of all of them.
const succeeded = "ReconciliationSucceeded"

// selector of the one object: with a selector the handler gets a list, which a
// filter of JSONPath needs.
const selector = "--field-selector=metadata.name="

func (c *cluster) wait(resource, name string) *part {
	return c.find(func(p *part) bool {
		return p.Type == valueType && p.Get("ObjectType") == resource && p.Get("ObjectName") == selector+name
	})
}

// checkReady holds that the deployment waits for each of them, and at the
// revision that it has just made.
func (r *review) checkReady(c *cluster) {
	for _, want := range waits {
		if c.wait(want.resource, want.name) == nil {
			r.missing("wait", c, "add a KubernetesObjectValue for it, as constructs/ready.go does", "the deployment does not wait until %s/%s is ready in %s", want.resource, want.name, c.LogicalID)
		}
	}
	for _, p := range c.parts {
		if p.Type == valueType {
			r.checkWait(c, p)
		}
	}
}

var revisionOf = regexp.MustCompile(`lastHandledReconcileAt=="([^"]*)"`)

func (r *review) checkWait(c *cluster, p *part) {
	wrong := func(fix, format string, args ...any) { r.add("wait", p.Resource, fix, format, args...) }
	kind, object := plain(p.Get("ObjectType")), plain(p.Get("ObjectName"))
	name, selected := strings.CutPrefix(object, selector)
	if !selected {
		wrong("set ObjectName: "+selector+"<name>", "ObjectName is %s, want %s<name>", object, selector)
	}
	known := false
	for _, want := range waits {
		known = known || want.resource == kind && want.name == name
	}
	if !known {
		wrong("wait for the FluxInstance, or for one of the roots tenants and platform", "waits for %s/%s, which nothing makes", kind, name)
	}
	if namespace := plain(p.Get("ObjectNamespace")); namespace != fluxNamespace {
		wrong("set ObjectNamespace: "+fluxNamespace, "looks in the namespace %s, want %s", namespace, fluxNamespace)
	}
	// The handler ends after 900 seconds, and needs time to log in and to answer.
	if seconds, err := strconv.Atoi(plain(p.Get("TimeoutSeconds"))); err != nil || seconds < 60 || seconds > 720 {
		wrong("set TimeoutSeconds: 600", "TimeoutSeconds is %s, want 60 to 720", plain(p.Get("TimeoutSeconds")))
	}
	path := plain(p.Get("JsonPath"))
	match := revisionOf.FindStringSubmatch(path)
	requested := c.requested(kind, name)
	if match == nil || requested == "" || match[1] != requested {
		wrong("make both the same", "JsonPath does not wait for the revision of the object: its annotation %s is %q", requestedAt, requested)
		return
	}
	for _, state := range []struct {
		revision, reason string
		ready            bool
		what             string
	}{
		{requested, succeeded, true, "the object is ready"},
		{"another", succeeded, false, "the object is ready at an older revision"},
		{requested, "Progressing", false, "the object is not ready"},
	} {
		said, err := evaluate(path, state.revision, state.reason)
		if err != nil {
			wrong("mend JsonPath", "JsonPath cannot be read: %v", err)
			return
		}
		if state.ready != (said != "") {
			wrong("let JsonPath be empty until the condition with the reason "+succeeded+" is there at the revision", "the wait goes wrong when %s: JsonPath gives %q", state.what, said)
		}
	}
}

// requested is the revision in the annotation of the object that a wait is for.
func (c *cluster) requested(kind, name string) string {
	if kind == waits[0].resource {
		if p := c.chart(instanceChart); p != nil {
			return text(p.values, "commonAnnotations", requestedAt)
		}
		return ""
	}
	if p := c.manifest("Kustomization", name); p != nil {
		return p.object.Raw.GetAnnotations()[requestedAt]
	}
	return ""
}

// evaluate is what kubectl prints for a list with one object in that state.
// The handler puts braces around the path.
func evaluate(path, revision, reason string) (string, error) {
	parsed := jsonpath.New("wait").AllowMissingKeys(true)
	if err := parsed.Parse("{" + path + "}"); err != nil {
		return "", err
	}
	list := map[string]any{"items": []any{map[string]any{"status": map[string]any{
		"lastHandledReconcileAt": revision,
		"conditions":             []any{map[string]any{"type": "Ready", "status": "True", "reason": reason}},
	}}}}
	var out bytes.Buffer
	if err := parsed.Execute(&out, list); err != nil {
		return "", err
	}
	return out.String(), nil
}
