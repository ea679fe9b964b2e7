package stacks

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/review/change"
	"gitops-eks/test/gates/review/objects"
)

// losses are the risks of what is replaced or deleted. A resource that is
// replaced because another one is, and one below a deleted construct, is told
// with that one.
func (c *comparison) losses(all []*delta) ([]change.Risk, error) {
	var risks []*change.Risk
	of := map[*delta]*change.Risk{}
	for _, d := range all {
		if d.old == nil || lost(d) == "" || len(d.causes) > 0 || !d.gone() && !d.replaced() {
			continue
		}
		risk, err := c.loss(d, all)
		if err != nil {
			return nil, err
		}
		if above := holder(risks, risk); above != nil {
			of[d] = above
			above.More = append(above.More, "with it "+d.name()+": "+lost(d))
			continue
		}
		of[d] = risk
		risks = append(risks, risk)
	}
	for _, d := range all {
		if len(d.causes) == 0 || lost(d) == "" {
			continue
		}
		root := rootOf(d, map[*delta]bool{})
		if of[root] == nil {
			of[root] = &change.Risk{
				Environment: root.environment, Class: change.Loss, Name: root.name(), Accept: change.AllowReplacement,
				What: fmt.Sprintf("%s is replaced", kind(root)),
			}
			risks = append(risks, of[root])
		}
		how := "is replaced with it"
		if c.stranded(d) {
			how = "cannot follow: EKS moves no cluster to another VPC, so that the deployment fails until the cluster is made anew"
		}
		of[root].More = append(of[root].More, fmt.Sprintf("%s %s: %s", d.name(), how, lost(d)))
	}
	var result []change.Risk
	for _, risk := range risks {
		result = append(result, *risk)
	}
	return result, nil
}

func rootOf(d *delta, seen map[*delta]bool) *delta {
	if len(d.causes) == 0 || seen[d] {
		return d
	}
	seen[d] = true
	return rootOf(d.causes[0], seen)
}

// holder is the risk of the construct that this one's is part of.
func holder(risks []*change.Risk, risk *change.Risk) *change.Risk {
	for _, above := range risks {
		if above.Accept == risk.Accept && strings.HasPrefix(risk.Name, above.Name+"/") {
			return above
		}
	}
	return nil
}

func (c *comparison) loss(d *delta, all []*delta) (*change.Risk, error) {
	risk := &change.Risk{Environment: d.environment, Class: change.Loss, Name: pathOf(d.old), Accept: change.AllowDeletion}
	switch d.Impact {
	case willOrphan:
		risk.What = fmt.Sprintf("%s is no longer in the stack: it stays, and nothing manages it", kind(d))
	case willDestroy:
		risk.What = fmt.Sprintf("%s is deleted. Lost: %s", kind(d), lost(d))
	default:
		why, err := because(d)
		if err != nil {
			return nil, err
		}
		may := "is"
		if d.Impact == mayReplace {
			may = "may be"
		}
		risk.Accept = change.AllowReplacement
		risk.What = fmt.Sprintf("%s %s replaced (%s). Lost: %s", kind(d), may, why, lost(d))
		if kept(d.head.Body["UpdateReplacePolicy"]) {
			risk.More = append(risk.More, "the old one stays, and nothing manages it; the new one is empty")
		}
	}
	if d.gone() {
		if as := successor(d, all); as != nil {
			risk.More = append(risk.More, fmt.Sprintf("it is created anew as %s: CloudFormation knows a resource by the id of its construct; keep the id to keep the resource", as.name()))
		}
	}
	return risk, nil
}

func kind(d *delta) string {
	parts := strings.Split(d.either().Type, "::")
	if d.old != nil {
		parts = strings.Split(d.old.Type, "::")
	}
	return "the " + strings.TrimPrefix(strings.TrimPrefix(strings.Join(parts[1:], " "), "AWSCDK-"), "EKS-")
}

// because words the properties that make CloudFormation replace the resource.
func because(d *delta) (string, error) {
	if d.old.Type != d.head.Type {
		return fmt.Sprintf("type: %s → %s", d.old.Type, d.head.Type), nil
	}
	var said []string
	for _, property := range slices.Sorted(maps.Keys(d.Properties)) {
		if impact := d.Properties[property]; impact != willReplace && impact != mayReplace || !d.own(property) {
			continue
		}
		short, _, err := objects.Diff(map[string]any{property: presented(d.old.Properties[property])}, map[string]any{property: presented(d.head.Properties[property])})
		if err != nil {
			return "", err
		}
		if short == "" {
			short = property
		}
		said = append(said, short)
	}
	return strings.Join(said, "; "), nil
}

// presented is a value as a reviewer reads it best.
func presented(value any) any { return unfolded(normalized(value)) }

// successor is the new resource that a removed one is created anew as: of the
// same type and alike in all but names; nil when there is none.
func successor(gone *delta, all []*delta) *delta {
	for _, d := range all {
		if d.old == nil && d.head.Type == gone.old.Type && d.environment == gone.environment && shape(d.head) == shape(gone.old) {
			return d
		}
	}
	return nil
}

// shape is a resource without what a construct's id gets into.
func shape(r *assembly.Resource) string {
	properties := map[string]any{}
	for key, value := range r.Properties {
		if key != "Tags" {
			properties[key] = anonymous(normalized(value))
		}
	}
	text, _ := json.Marshal(properties)
	return string(text)
}

func anonymous(value any) any {
	switch value := value.(type) {
	case []any:
		list := make([]any, len(value))
		for i, item := range value {
			list[i] = anonymous(item)
		}
		return list
	case map[string]any:
		if value["Ref"] != nil || value["Fn::GetAtt"] != nil || value[stackOutput] != nil || value[importValue] != nil {
			return "(reference)"
		}
		object := map[string]any{}
		for key, item := range value {
			object[key] = anonymous(item)
		}
		return object
	}
	return value
}
