package stacks

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/review/change"
)

// What is given to something that is there already, to somebody outside the
// account, to everybody, or without a limit has to be accepted by name. The
// rights that a new role is born with come with what needs them, and show
// among the differences only: else every new app would ask for a dozen lines.

// powerful are AWS's managed policies that give nearly everything.
var powerful = regexp.MustCompile(`(AdministratorAccess|PowerUserAccess|IAMFullAccess)$`)

// identity are the types whose statements are about their own rights.
var identity = []string{"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group",
	"AWS::IAM::RolePolicy", "AWS::IAM::UserPolicy", "AWS::IAM::GroupPolicy"}

// widened are the risks of what a resource gives.
func (c *comparison) widened(d *delta) []change.Risk {
	if d.head == nil {
		return c.undenied(d)
	}
	known := c.known(d)
	var said []string
	for _, s := range d.Access.StatementsAdded {
		if s.Effect == "Deny" {
			continue
		}
		actions, resources := s.beyond(d.Access.StatementsRemoved)
		if len(actions) == 0 || !known && !unlimited(d.head, s) {
			continue
		}
		said = append(said, fmt.Sprintf("%s may %s on %s%s", list(or(s.Principals.Values, "it"), 3), list(actions, 8), list(resources, 4), conditioned(s)))
	}
	said = append(said, noLongerDenied(d)...)
	for _, policy := range d.Access.PoliciesAdded {
		if known || powerful.MatchString(policy) {
			said = append(said, "it gets the managed policy "+policy)
		}
	}
	for _, r := range d.Access.IngressAdded {
		if r.beyond(d.Access.IngressRemoved) && (known || everywhere(r.Peer.IP)) {
			said = append(said, "lets in "+r.String())
		}
	}
	for _, r := range d.Access.EgressAdded {
		if known && r.beyond(d.Access.EgressRemoved) {
			said = append(said, "lets out "+r.String())
		}
	}
	said = append(said, c.exposed(d)...)
	return c.accessRisks(d, said)
}

func (c *comparison) accessRisks(d *delta, said []string) []change.Risk {
	if len(said) == 0 {
		return nil
	}
	said = unique(said)
	for i := range said {
		said[i] = readable(d.either().Stack, said[i])
	}
	return []change.Risk{{
		Environment: d.environment, Class: change.Access, Name: d.name(),
		What: said[0], More: said[1:], Accept: change.AllowAccess,
	}}
}

// reference is one to a resource of the same template, or an attribute of it.
var reference = regexp.MustCompile(`(?:AWS:)?\$\{([A-Za-z0-9]+)(?:\.[A-Za-z.]+)?\}`)

// readable is the text with constructs' paths for logical ids.
func readable(stack *assembly.Stack, text string) string {
	return reference.ReplaceAllStringFunc(text, func(found string) string {
		if r := stack.Resources[reference.FindStringSubmatch(found)[1]]; r != nil {
			return pathOf(r)
		}
		return found
	})
}

// undenied are the risks of a removed resource: what it denied is open.
func (c *comparison) undenied(d *delta) []change.Risk { return c.accessRisks(d, noLongerDenied(d)) }

func noLongerDenied(d *delta) []string {
	var said []string
	for _, s := range d.Access.StatementsRemoved {
		if s.Effect != "Deny" {
			continue
		}
		if actions, resources := s.beyond(d.Access.StatementsAdded); len(actions) > 0 {
			said = append(said, fmt.Sprintf("%s on %s is no longer denied to %s", list(actions, 8), list(resources, 4), list(or(s.Principals.Values, "it"), 3)))
		}
	}
	return said
}

// owners are the properties that name whom a resource's statements belong to.
var owners = []string{"Roles", "Users", "Groups", "RoleName", "UserName", "GroupName", "Bucket", "Topics", "Queues", "FunctionName",
	"GroupId", "SecurityGroupId", "RouteTableId", "ClusterName", "VpcId", "TargetFunctionArn"}

// known says whether the resource, or what it is about, is there at base.
func (c *comparison) known(d *delta) bool {
	if d.old != nil {
		return true
	}
	base := c.base.Stack(d.head.Stack.ID)
	for _, property := range owners {
		value := d.head.Properties[property]
		for _, id := range assembly.References(value) {
			if base != nil && base.Resources[id] != nil {
				return true
			}
		}
		for _, output := range outputs(value) {
			name, _, _ := strings.Cut(output, "/")
			if slices.ContainsFunc(c.base.Stacks, func(s *assembly.Stack) bool { return s.Name == name }) {
				return true
			}
		}
	}
	return false
}

// unlimited says whether a statement gives all of a service, or gives to
// somebody who is no service and not of this account.
func unlimited(r *assembly.Resource, s statement) bool {
	if slices.Contains(identity, r.Type) && slices.ContainsFunc(s.Actions.Values, func(a string) bool { return a == "*" || strings.HasSuffix(a, ":*") }) {
		return true
	}
	return s.Actions.Not || s.Principals.Not || slices.ContainsFunc(s.Principals.Values, outside)
}

func outside(principal string) bool {
	switch {
	case strings.HasPrefix(principal, "Service:"), strings.HasPrefix(principal, "CanonicalUser:"):
		return false
	case strings.Contains(principal, "${"): // of this program or this account
		return false
	}
	return principal != ""
}

func conditioned(s statement) string {
	if s.Condition == nil {
		return ""
	}
	return ", under a condition"
}

func everywhere(cidr string) bool { return cidr == "0.0.0.0/0" || cidr == "::/0" }

// String words a rule, such as "tcp 443 from 10.0.0.0/8".
func (r rule) String() string {
	ports := ""
	switch {
	case r.Protocol == "-1":
		ports = "everything"
	case r.From == nil || r.To == nil:
		ports = r.Protocol
	case *r.From == *r.To:
		ports = fmt.Sprintf("%s %d", r.Protocol, *r.From)
	default:
		ports = fmt.Sprintf("%s %d to %d", r.Protocol, *r.From, *r.To)
	}
	return ports + ", peer " + r.Peer.IP + r.Peer.Group + r.Peer.List
}

// list names at most some of the values.
func list(values []string, most int) string {
	values = unique(values)
	if len(values) <= most {
		return strings.Join(values, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(values[:most], ", "), len(values)-most)
}
