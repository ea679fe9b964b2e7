package rules

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// sourceRules are about where code comes from.
var sourceRules = []rule{
	{"source-repository", eachAction(sourceRepository)},
	{"source-trigger", eachAction(sourceTrigger)},
	{"source-connection", eachAction(sourceConnection)},
	{"repository-seed", each(repositorySeed, "AWS::CodeCommit::Repository")},
	{"repository-reference", repositoryReference},
	{"repository-config", each(configRepository, "Custom::AWSCDK-EKS-KubernetesResource")},
}

// repository is the CodeCommit repository that a source action takes, nil for others.
func (v *review) repository(a action) *assembly.Resource {
	if at(a.body, "ActionTypeId", "Provider") != "CodeCommit" {
		return nil
	}
	return v.repositoryNamed(v.setting(a, "RepositoryName"))
}

func (v *review) repositoryNamed(name string) *assembly.Resource {
	for _, r := range v.assembly.All("AWS::CodeCommit::Repository") {
		if v.text(r.Stack, r.Get("RepositoryName")) == name {
			return r
		}
	}
	return nil
}

func sourceRepository(v *review, a action) {
	if at(a.body, "ActionTypeId", "Provider") != "CodeCommit" {
		return
	}
	repository, branch := v.repository(a), v.setting(a, "BranchName")
	if repository == nil {
		v.wrong(a.pipeline, "use the RepositoryName of a repository of the stack", "the action %s takes the repository %s, which the assembly does not have", a.name, shown(v.setting(a, "RepositoryName")))
	}
	if branch == "" {
		v.wrong(a.pipeline, "set BranchName", "the action %s names no branch", a.name)
	}
	if seeded := seedBranch(v, repository); seeded != "" && branch != seeded {
		v.wrong(a.pipeline, "use the branch "+seeded, "the action %s builds the branch %s, the repository is made with the branch %s alone", a.name, shown(branch), seeded)
	}
}

// seedBranch is the branch that a repository is made with, empty when it is made empty.
func seedBranch(v *review, repository *assembly.Resource) string {
	if repository == nil || repository.Get("Code") == nil {
		return ""
	}
	return v.text(repository.Stack, repository.Get("Code", "BranchName"))
}

// sourceTrigger wants a commit to start the pipeline, by an event and not by
// polling: AWS is ending that.
// https://docs.aws.amazon.com/codepipeline/latest/userguide/update-change-detection.html
func sourceTrigger(v *review, a action) {
	if at(a.body, "ActionTypeId", "Provider") != "CodeCommit" {
		return
	}
	if v.setting(a, "PollForSourceChanges") != "false" {
		v.wrong(a.pipeline, "set PollForSourceChanges to false", "the action %s polls the repository: it starts late, beside the event, and twice for a commit", a.name)
	}
	name, branch := v.setting(a, "RepositoryName"), v.setting(a, "BranchName")
	var candidates []*assembly.Resource
	for _, rule := range v.assembly.All("AWS::Events::Rule") {
		pattern := rule.Get("EventPattern")
		if slices.Contains(assembly.List(at(pattern, "source")), any("aws.codecommit")) && slices.ContainsFunc(assembly.List(rule.Get("Targets")), func(t any) bool {
			return v.refersTo(rule.Stack, at(t, "Arn"), a.pipeline)
		}) {
			candidates = append(candidates, rule)
		}
	}
	if len(candidates) == 0 {
		v.wrong(a.pipeline, "add an event rule of aws.codecommit with the pipeline as its target", "no event rule starts the pipeline on a commit to %s", name)
		return
	}
	for _, rule := range candidates {
		pattern := rule.Get("EventPattern")
		if !slices.ContainsFunc(v.texts(rule.Stack, at(pattern, "resources")), func(arn string) bool { return strings.HasSuffix(arn, ":"+name) }) {
			v.wrong(rule, "name the ARN of the repository "+name+" in EventPattern.resources", "the rule that starts the pipeline %s looks at %s, the pipeline builds %s",
				a.pipeline.LogicalID, one(v.texts(rule.Stack, at(pattern, "resources"))), name)
		}
		if branches := v.texts(rule.Stack, at(pattern, "detail", "referenceName")); !slices.Contains(branches, branch) {
			v.wrong(rule, "set EventPattern.detail.referenceName to "+branch, "the rule that starts the pipeline %s looks at the branches %s, the pipeline builds %s", a.pipeline.LogicalID, shown(strings.Join(branches, ", ")), branch)
		}
		if events := v.texts(rule.Stack, at(pattern, "detail", "event")); !slices.Contains(events, "referenceUpdated") {
			v.wrong(rule, "add referenceUpdated to EventPattern.detail.event", "the rule looks at the events %s, a push is referenceUpdated", shown(strings.Join(events, ", ")))
		}
	}
}

var (
	connectionARN  = regexp.MustCompile(`^arn:aws[a-z-]*:(codeconnections|codestar-connections):[a-z0-9-]+:[0-9]{12}:connection/[0-9a-f-]{36}$`)
	fullRepository = regexp.MustCompile(`^[^/\s]+(/[^/\s]+)+$`)
)

// sourceConnection is about repositories behind a connection.
// https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodestarConnectionSource.html
func sourceConnection(v *review, a action) {
	if at(a.body, "ActionTypeId", "Provider") != "CodeStarSourceConnection" {
		return
	}
	if arn := v.setting(a, "ConnectionArn"); !connectionARN.MatchString(arn) {
		v.wrong(a.pipeline, "use the ARN of a CodeConnections connection", "the action %s has the ConnectionArn %s", a.name, shown(arn))
	}
	if name := v.setting(a, "FullRepositoryId"); !fullRepository.MatchString(name) {
		v.wrong(a.pipeline, "write owner/repository", "the action %s has the FullRepositoryId %s", a.name, shown(name))
	}
	branch := v.setting(a, "BranchName")
	if branch == "" {
		v.wrong(a.pipeline, "set BranchName", "the action %s names no branch", a.name)
	}
	var triggers []any
	for _, trigger := range assembly.List(a.pipeline.Get("Triggers")) {
		if at(trigger, "GitConfiguration", "SourceActionName") == a.name {
			triggers = append(triggers, trigger)
		}
	}
	detects := v.setting(a, "DetectChanges") != "false"
	switch {
	case detects && len(triggers) > 0:
		v.wrong(a.pipeline, "set DetectChanges to false", "the action %s detects changes beside a trigger: it starts twice for a commit, whatever the trigger's filter", a.name)
	case !detects && len(triggers) == 0:
		v.wrong(a.pipeline, "add a trigger with SourceActionName "+a.name, "no trigger starts the pipeline on a push: DetectChanges is off")
	}
	for _, trigger := range triggers {
		for _, push := range assembly.List(at(trigger, "GitConfiguration", "Push")) {
			includes := v.texts(a.pipeline.Stack, at(push, "Branches", "Includes"))
			if len(includes) > 0 && !slices.ContainsFunc(includes, func(pattern string) bool { ok, err := path.Match(pattern, branch); return err == nil && ok }) {
				v.wrong(a.pipeline, "set Branches.Includes to "+branch, "the trigger looks at the branches %s, the action %s builds %s", one(includes), a.name, branch)
			}
		}
	}
}

// repositorySeed wants the first content of a repository to be an asset.
func repositorySeed(v *review, r *assembly.Resource) {
	if r.Get("Code") == nil {
		return
	}
	if branch := seedBranch(v, r); branch == "" || strings.ContainsAny(branch, " ~^:?*[\\") || strings.HasPrefix(branch, "refs/") {
		v.wrong(r, "use the name of a branch such as main", "Code.BranchName is %s, want the name of a branch", shown(branch))
	}
	key := v.text(r.Stack, r.Get("Code", "S3", "Key"))
	if v.assembly.Asset(key) == nil {
		v.wrong(r, "use the object key of the asset", "Code.S3.Key is %s, and no asset of the assembly is uploaded so", shown(key))
	}
	if !strings.HasSuffix(key, ".zip") {
		v.wrong(r, "use an asset that is uploaded as .zip", "Code.S3.Key is %s, CodeCommit takes a .zip", shown(key))
	}
}

// namedARN has the name of a repository; Region and account may be ${AWS::…}.
var namedARN = regexp.MustCompile(`^arn:(?:\$\{[^}]*\}|[^:$]*):(codecommit|ecr):(?:\$\{[^}]*\}|[^:$]*):(?:\$\{[^}]*\}|[^:$]*):(?:repository/)?([A-Za-z0-9_./-]+)$`)

// repositoryReference wants the repositories that policies and event rules name
// to be those of the assembly: across stacks they are named by text, which
// nothing else checks.
func repositoryReference(v *review) {
	names := map[string][]string{}
	for service, kind := range map[string]string{"codecommit": "AWS::CodeCommit::Repository", "ecr": "AWS::ECR::Repository"} {
		for _, r := range v.assembly.All(kind) {
			names[service] = append(names[service], v.text(r.Stack, r.Get("RepositoryName")))
		}
		slices.Sort(names[service])
	}
	for _, r := range v.assembly.All("AWS::IAM::Policy", "AWS::IAM::Role", "AWS::IAM::ManagedPolicy", "AWS::Events::Rule") {
		visit(r.Properties, func(value any) {
			function, _ := intrinsic(value)
			if !literalText(value) && function != "Fn::Join" && function != "Fn::Sub" {
				return
			}
			match := namedARN.FindStringSubmatch(v.text(r.Stack, value))
			if match == nil || len(names[match[1]]) == 0 || slices.Contains(names[match[1]], match[2]) || strings.Contains(match[2], "*") {
				return
			}
			v.wrong(r, "use "+one(names[match[1]]), "it names the %s repository %s, the assembly has %s", match[1], shown(match[2]), one(names[match[1]]))
		})
	}
}

var gitURL = regexp.MustCompile(`https://git-codecommit\.[^/]+/v1/repos/([\w.-]+)"`)

// configRepository wants what Flux follows to be there, and to be made with
// content: an empty repository never becomes ready.
func configRepository(v *review, r *assembly.Resource) {
	for _, match := range gitURL.FindAllStringSubmatch(v.text(r.Stack, r.Get("Manifest")), -1) {
		repository := v.repositoryNamed(match[1])
		switch {
		case repository == nil:
			v.wrong(r, "use the name of the config repository", "Flux follows the repository %s, which the assembly does not have", match[1])
		case repository.Get("Code") == nil:
			v.wrong(repository, "set Code to the asset of manifests/", "Flux follows the repository, which is made empty: the deployment waits in vain for the first commit")
		}
	}
}
