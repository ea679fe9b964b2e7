package iam

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
	"gitops-eks/test/gates/node"
)

// question is whether a principal can do something, with the answer that is
// wanted and the finding that another answer gives.
type question struct {
	simulation simulation
	allowed    bool
	otherwise  finding.Finding
}

// simulation is as @cloud-copilot/iam-simulate takes it.
type simulation struct {
	Request struct {
		Principal string `json:"principal"`
		Action    string `json:"action"`
		Resource  struct {
			ARN     string `json:"resource"`
			Account string `json:"accountId"`
		} `json:"resource"`
		Context map[string]string `json:"contextVariables"`
	} `json:"request"`
	IdentityPolicies []named `json:"identityPolicies"`
	Service          []any   `json:"serviceControlPolicies"`
	Resource         []any   `json:"resourceControlPolicies"`
	ResourcePolicy   any     `json:"resourcePolicy,omitempty"`
}

type named struct {
	Name   string `json:"name"`
	Policy any    `json:"policy"`
}

// simulation is that of a principal in the stack. What an open stack names by
// an account is in its own account, whichever that will be.
func (r review) simulation(principal string, stack *assembly.Stack, one request) (s simulation) {
	account := resolver{r.assembly, stack}.account()
	s.Request.Principal, s.Request.Action, s.Request.Resource.ARN = principal, one.action, one.resource
	s.Request.Resource.Account = account
	if parts := strings.SplitN(one.resource, ":", arnParts); len(parts) == arnParts && parts[4] != "" && stack.Account != "" {
		s.Request.Resource.Account = parts[4]
	}
	s.Request.Context = map[string]string{"aws:SecureTransport": "true"}
	if strings.HasPrefix(one.action, "s3:") {
		s.Request.Context["s3:TlsVersion"] = "1.3"
	}
	if strings.HasPrefix(principal, "arn:") {
		s.Request.Context["aws:PrincipalArn"] = principal
	}
	maps.Copy(s.Request.Context, one.context)
	s.IdentityPolicies, s.Service, s.Resource = []named{}, []any{}, []any{}
	s.ResourcePolicy = r.policyOf(one.resource)
	if s.ResourcePolicy == nil && strings.Contains(one.resource, ":role/cdk-") {
		s.ResourcePolicy = bootstrapTrust(account)
	}
	return s
}

// bootstrapTrust is what `cdk bootstrap --trust` gives the bootstrap's roles.
func bootstrapTrust(account string) any {
	return map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
		"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": map[string]any{"AWS": "arn:aws:iam::" + account + ":root"},
	}}}
}

func (r review) question(s subject, p purpose, one request, allowed bool) question {
	q := question{simulation: r.simulation(arnOf(r.assembly, s.role), s.role.Stack, one), allowed: allowed}
	for _, d := range s.policies {
		q.simulation.IdentityPolicies = append(q.simulation.IdentityPolicies, named{d.owner.LogicalID, d.content})
	}
	if allowed {
		q.otherwise = at(s.holder(), "missing-right", fmt.Sprintf("the role %s, which is for %s, cannot %s on %s, which that needs", s.role.LogicalID, p.name, one.action, one.resource),
			"allow it in the role's policy, and in the resource's policy where that one has a say")
	} else {
		q.otherwise = at(s.holder(), "forbidden-right", fmt.Sprintf("the role %s, which is for %s, can %s on %s%s, and must not", s.role.LogicalID, p.name, one.action, one.resource, said(one.context)),
			"remove it from the role's policy or from the resource's")
	}
	return q
}

func said(context map[string]string) string {
	for key, value := range context {
		return fmt.Sprintf(" with %s %s", key, value)
	}
	return ""
}

// policyOf is the policy of the resource with the ARN, or nil.
func (r review) policyOf(arn string) any {
	for _, d := range r.documents {
		if d.kind != resource && d.kind != trust {
			continue
		}
		here := resolver{r.assembly, d.owner.Stack}
		owners := []string{arnOf(r.assembly, d.owner)}
		switch d.owner.Type {
		case "AWS::S3::BucketPolicy":
			owners = []string{here.anyARN("s3:::" + here.text(d.owner.Get("Bucket")))}
			arn, _, _ = strings.Cut(arn, "/object")
		case "AWS::SNS::TopicPolicy":
			owners = texts(here.resolve(d.owner.Get("Topics")))
		}
		for _, owner := range owners {
			// Without a name of its own, a role of another stack cannot be meant.
			if owner == arn && (d.kind != trust || strings.Contains(arn, ":iam::")) {
				return d.content
			}
		}
	}
	return nil
}

// callers are services that use resources without a role: events that publish
// to a topic, with the key that encrypts it, and S3 that writes access logs.
func (r review) callers() (all []question) {
	add := func(to *assembly.Resource, service, action, arn string, context map[string]string) {
		all = append(all, question{r.simulation(service, to.Stack, request{action, arn, context}), true, at(to, "missing-right",
			fmt.Sprintf("%s cannot %s on %s, which the assembly counts on", service, action, arn), "allow it in the resource's policy")})
	}
	for _, rule := range r.assembly.All("AWS::Events::Rule") {
		here := resolver{r.assembly, rule.Stack}
		for _, target := range assembly.List(rule.Get("Targets")) {
			object, _ := target.(map[string]any)
			for _, topic := range r.assembly.All("AWS::SNS::Topic") {
				there := resolver{r.assembly, topic.Stack}
				arn := there.arn(topic)
				if here.text(object["Arn"]) != arn {
					continue
				}
				add(topic, "events.amazonaws.com", "sns:Publish", arn, nil)
				for _, key := range topic.Stack.All("AWS::KMS::Key") {
					if used := there.text(topic.Get("KmsMasterKeyId")); used == there.arn(key) || used == there.name(key) {
						add(key, "events.amazonaws.com", "kms:GenerateDataKey", there.arn(key), nil)
						add(key, "events.amazonaws.com", "kms:Decrypt", there.arn(key), nil)
					}
				}
			}
		}
	}
	for _, bucket := range r.assembly.All("AWS::S3::Bucket") {
		here := resolver{r.assembly, bucket.Stack}
		if to := here.text(bucket.Get("LoggingConfiguration", "DestinationBucketName")); to != "" {
			add(bucket, "logging.s3.amazonaws.com", "s3:PutObject", here.anyARN("s3:::"+to+"/object"),
				map[string]string{"aws:SourceArn": here.arn(bucket), "aws:SourceAccount": here.account()})
		}
	}
	return all
}

func simulate(ctx context.Context, worker *node.Worker, questions []question) (found []finding.Finding, err error) {
	simulations := []simulation{}
	for _, q := range questions {
		simulations = append(simulations, q.simulation)
	}
	var answers []struct{ Result, Error string }
	if err := worker.Ask(ctx, map[string]any{"operation": "simulate", "simulations": simulations}, &answers); err != nil {
		return nil, err
	}
	for i, answer := range answers {
		q := questions[i]
		if answer.Error != "" {
			q.otherwise.Rule = "not-simulated"
			q.otherwise.Problem = fmt.Sprintf("whether %s is not known: the simulation failed: %s", q.otherwise.Problem, answer.Error)
			found = append(found, q.otherwise)
		} else if (answer.Result == "Allowed") != q.allowed {
			found = append(found, q.otherwise)
		}
	}
	return found, nil
}
