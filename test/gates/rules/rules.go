// Package rules is the gate of the project's own rules over CloudFormation
// resources: what AWS refuses or does silently at deployment and no public tool
// looks at, and the security posture that the platform is meant to have.
//
// One file holds one subject. A rule looks at the whole assembly, so that it may
// follow references from stack to stack, and speaks of resources by intent: it
// holds for any assembly of this program, and for most of others.
package rules

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
	"gitops-eks/test/gates/gate"
)

// rule is one check.
type rule struct {
	// id is what findings and suppressions call it.
	id string
	// check says what it finds to the review.
	check func(*review)
}

// all are the rules, by subject.
var all = slices.Concat(
	expectationRules,
	clusterRules, subnetOfClusterRules, accessRules, autoModeRules, addonRules, podIdentityRules, nodeGroupRules, launchTemplateRules,
	versionRules, tableRules,
	cidrRules, subnetRules, routeRules, natRules, vpcRules, securityGroupRules, endpointRules,
	keyRules, bucketRules, registryRules, logRules, topicRules, policyRules,
	buildRules, pipelineRules, actionRules, variableRules, sourceRules, eventRules, functionRules, providerRules,
	roleRules, orderRules, removalRules, nameRules, literalRules, placeholderRules, secretRules, unusedRules,
)

// New is the gate.
func New() gate.Gate { return newAt(time.Now) }

// newAt is the gate on the day that now tells.
func newAt(now func() time.Time) gate.Gate {
	return gate.Gate{Name: "rules", Run: func(_ context.Context, in gate.Input) ([]finding.Finding, error) {
		v := &review{assembly: in.Assembly, today: now()}
		for _, r := range all {
			v.rule = r.id
			r.check(v)
		}
		return v.findings, nil
	}}
}

// review is one run of the rules over an assembly.
type review struct {
	assembly *assembly.Assembly
	today    time.Time
	rule     string // that runs
	findings []finding.Finding
}

// wrong reports an error of the resource: the fix, and what is wrong.
func (v *review) wrong(r *assembly.Resource, fix, problem string, args ...any) {
	v.add(finding.Finding{
		Severity: finding.Error, Stack: r.Stack.ID, LogicalID: r.LogicalID, Path: r.Path,
		Problem: fmt.Sprintf(problem, args...), Fix: fix,
	})
}

// add reports a finding, once: several paths may lead a rule to the same fault.
func (v *review) add(f finding.Finding) {
	f.Rule = v.rule
	if !slices.Contains(v.findings, f) {
		v.findings = append(v.findings, f)
	}
}

// each makes a check of one that looks at a single resource of the types.
func each(check func(*review, *assembly.Resource), types ...string) func(*review) {
	return func(v *review) {
		for _, r := range v.assembly.All(types...) {
			check(v, r)
		}
	}
}
