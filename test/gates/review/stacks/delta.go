package stacks

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/node"
)

// The impacts, as @aws-cdk/cloudformation-diff names them.
const (
	willReplace = "WILL_REPLACE"
	mayReplace  = "MAY_REPLACE"
	willDestroy = "WILL_DESTROY"
	willOrphan  = "WILL_ORPHAN"
)

// delta is a resource that differs.
type delta struct {
	ID string `json:"id"`
	// Impact on the resource, and on it by each of its properties.
	Impact     string            `json:"impact"`
	Properties map[string]string `json:"properties"`
	Access     access            `json:"access"`

	environment string
	old, head   *assembly.Resource // nil for one that is not there
	// causes are replaced resources that this one is replaced for, and is
	// changed in nothing else that would replace it.
	causes []*delta
}

// either is the resource at head, or at base where head has none.
func (d *delta) either() *assembly.Resource {
	if d.head != nil {
		return d.head
	}
	return d.old
}

// name is the construct's path, as an override names it.
func (d *delta) name() string { return pathOf(d.either()) }

func pathOf(r *assembly.Resource) string {
	if r.Path == "" {
		return r.Stack.ID + "/" + r.LogicalID
	}
	return strings.TrimSuffix(strings.TrimSuffix(r.Path, "/Default"), "/Resource")
}

func (d *delta) replaced() bool { return d.Impact == willReplace || d.Impact == mayReplace }

func (d *delta) gone() bool { return d.Impact == willDestroy || d.Impact == willOrphan }

// own says whether the property itself differs, and not only what it refers to.
func (d *delta) own(property string) bool {
	return !reflect.DeepEqual(normalized(d.old.Properties[property]), normalized(d.head.Properties[property]))
}

// comparison compares the stacks of two assemblies.
type comparison struct {
	worker     *node.Worker
	base, head *assembly.Assembly
	// moved are outputs whose value is another one after the deployment, by
	// stack name and output, with the resource behind each.
	moved map[string]*delta
}

// deltas are the resources that differ between two stacks of one name. base is
// nil for a new stack.
func (c *comparison) deltas(ctx context.Context, base, head *assembly.Stack) ([]*delta, error) {
	old := map[string]any{"Resources": map[string]any{}}
	if base != nil {
		old = template(base.Template)
	}
	next := template(head.Template)
	question := map[string]any{"old": old, "new": c.renamed(next)}
	var found []*delta
	if err := c.worker.Ask(ctx, question, &found); err != nil {
		return nil, fmt.Errorf("compare the stack %s: %w", head.ID, err)
	}
	for _, d := range found {
		d.environment = Environment(head.ID)
		d.head = head.Resources[d.ID]
		if base != nil {
			d.old = base.Resources[d.ID]
		}
	}
	c.trace(found)
	c.publish(head, found)
	return found, nil
}

// trace finds out which resources are replaced only because another one is.
func (c *comparison) trace(found []*delta) {
	replaced := map[string]*delta{}
	for _, d := range found {
		if d.Impact == willReplace {
			replaced[d.ID] = d
		}
	}
	for _, d := range found {
		if d.old == nil || d.head == nil {
			continue
		}
		follows := d.replaced() || c.stranded(d)
		for _, property := range slices.Sorted(maps.Keys(d.Properties)) {
			if impact := d.Properties[property]; impact == willReplace || impact == mayReplace || c.stranded(d) {
				follows = follows && !d.own(property)
			}
		}
		if !follows || d.old.Type != d.head.Type {
			continue
		}
		for _, property := range slices.Sorted(maps.Keys(d.Properties)) {
			for _, id := range assembly.References(d.head.Properties[property]) {
				if cause := replaced[id]; cause != nil && cause != d {
					d.causes = append(d.causes, cause)
				}
			}
			for _, output := range outputs(d.head.Properties[property]) {
				if cause := c.moved[output]; cause != nil {
					d.causes = append(d.causes, cause)
				}
			}
		}
	}
}

// stranded says whether a cluster gets the subnets of another VPC. That counts
// as an update, but EKS moves no cluster from one VPC to another:
// https://docs.aws.amazon.com/eks/latest/APIReference/API_UpdateClusterConfig.html
func (c *comparison) stranded(d *delta) bool {
	if d.old == nil || d.head == nil || d.head.Type != "AWS::EKS::Cluster" {
		return false
	}
	for _, output := range outputs(d.head.Get("ResourcesVpcConfig", "SubnetIds")) {
		if c.moved[output] != nil {
			return true
		}
	}
	return false
}

// publish notes the outputs that refer to what is replaced.
func (c *comparison) publish(stack *assembly.Stack, found []*delta) {
	all, _ := stack.Template["Outputs"].(map[string]any)
	for _, d := range found {
		if d.Impact != willReplace {
			continue
		}
		for name, output := range all {
			if slices.Contains(assembly.References(output), d.ID) {
				c.moved[stack.Name+"/"+name] = d
				if export := assembly.ExportName(output); export != "" {
					c.moved[export] = d
				}
			}
		}
	}
}

// renamed is the template with the references to moved outputs marked, so that
// what depends on them counts as changed, as within one stack.
func (c *comparison) renamed(value any) any {
	switch value := value.(type) {
	case []any:
		list := make([]any, len(value))
		for i, item := range value {
			list[i] = c.renamed(item)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(value))
		for key, item := range value {
			if output := outputName(key, item); c.moved[output] != nil {
				item = map[string]any{"replaced": output}
			}
			object[key] = c.renamed(item)
		}
		return object
	}
	return value
}

// The functions that read an output of another stack, weakly and strongly.
const (
	stackOutput = "Fn::GetStackOutput"
	importValue = "Fn::ImportValue"
)

// outputs are the outputs of other stacks that the value refers to.
func outputs(value any) []string {
	var found []string
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			found = append(found, outputs(item)...)
		}
	case map[string]any:
		for key, item := range value {
			if output := outputName(key, item); output != "" {
				found = append(found, output)
			}
			found = append(found, outputs(item)...)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// outputName is the output that a function reads, by stack and name or by what
// it is exported as; "" for another function.
func outputName(function string, argument any) string {
	switch function {
	case stackOutput:
		object, _ := argument.(map[string]any)
		return fmt.Sprintf("%v/%v", object["StackName"], object["OutputName"])
	case importValue:
		name, _ := argument.(string)
		return name
	}
	return ""
}

// Environment of a stack: <env>-network is of <env>, delivery and the stack of
// an app of themselves.
func Environment(stack string) string {
	if strings.HasPrefix(stack, "app-") {
		return stack
	}
	if i := strings.LastIndex(stack, "-"); i > 0 {
		return stack[:i]
	}
	return stack
}

// same says whether two values are equal as JSON.
func same(a, b any) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
}
