package test

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/stacks/config"
)

// eachConfigCheck runs a test on the check of the config repository.
func eachConfigCheck(t *testing.T, test func(t *testing.T, a *assembly, s *template, project *resource)) {
	t.Helper()
	eachDelivery(t, func(t *testing.T, a *assembly, s *template) {
		if a.platform.Config.Source != config.ConfigSourceCodeCommit {
			require.Empty(t, s.all("AWS::CodeBuild::Project"), "who has a Git host of their own runs the check there")
			return
		}
		test(t, a, s, s.one(t, "AWS::CodeBuild::Project"))
	})
}

// Each pull request is checked at each of its commits, and each branch that a
// cluster follows; the first commit is none: the gates have checked it.
func TestTheConfigRepositoryIsChecked(t *testing.T) {
	eachConfigCheck(t, func(t *testing.T, a *assembly, s *template, project *resource) {
		name := a.platform.Name + "-config"
		repository := named(s, "AWS::CodeCommit::Repository", "RepositoryName", name)
		starters := map[string]*resource{}
		for _, rule := range s.all("AWS::Events::Rule") {
			if refersTo(rule.get("Targets"), project) {
				starters[texts(rule.get("EventPattern", "detail-type"))[0]] = rule
				require.True(t, strings.HasSuffix(s.render(dig(rule.get("EventPattern", "resources"), 0)), ":"+name))
				s.requireBefore(t, repository, rule)
			}
		}
		require.Len(t, starters, 2)
		pulls, branches := starters["CodeCommit Pull Request State Change"], starters["CodeCommit Repository State Change"]
		require.Equal(t, []string{"pullRequestCreated", "pullRequestSourceBranchUpdated"}, texts(pulls.get("EventPattern", "detail", "event")))
		require.Equal(t, []string{"referenceUpdated"}, texts(branches.get("EventPattern", "detail", "event")))
		require.Equal(t, a.platform.Branches(), texts(branches.get("EventPattern", "detail", "referenceName")))

		// The input of StartBuild: each field of the event in its place.
		for rule, want := range map[*resource]string{
			branches: `{"sourceVersion": "$.detail.commitId"}`,
			pulls: `{"sourceVersion": "$.detail.sourceCommit", "environmentVariablesOverride": [
				{"name": "PULL_REQUEST", "type": "PLAINTEXT", "value": "$.detail.pullRequestId"},
				{"name": "DESTINATION_COMMIT", "type": "PLAINTEXT", "value": "$.detail.destinationCommit"}]}`,
		} {
			input := rule.get("Targets", 0, "InputTransformer", "InputTemplate").(string)
			for field, path := range rule.get("Targets", 0, "InputTransformer", "InputPathsMap").(map[string]any) {
				input = strings.ReplaceAll(input, "<"+field+">", `"`+path.(string)+`"`)
			}
			require.JSONEq(t, want, input)
		}
		require.Equal(t, "none", variable(s, project, "PULL_REQUEST"))

		topic := s.one(t, "AWS::SNS::Topic")
		require.True(t, slices.ContainsFunc(s.all("AWS::Events::Rule"), func(rule *resource) bool {
			return refersTo(rule.get("EventPattern"), project) && refersTo(rule.get("Targets"), topic) && slices.Equal([]string{"FAILED"}, texts(rule.get("EventPattern", "detail", "build-status")))
		}), "nobody is told of a branch that does not pass")
	})
}

// Whoever opens a pull request decides what is checked, and not how, nor with which rights.
func TestTheCheckMayReadAndComment(t *testing.T) {
	eachConfigCheck(t, func(t *testing.T, a *assembly, s *template, project *resource) {
		require.Equal(t, "CODECOMMIT", project.get("Source", "Type"))
		require.Contains(t, s.render(project.get("Source", "BuildSpec")), "go build")
		require.Equal(t, false, project.get("Environment", "PrivilegedMode"))
		var codecommit []string
		for _, one := range s.permissions(s.byID(t, references(project.get("ServiceRole"))[0])) {
			for _, action := range one.actions {
				service, _, _ := strings.Cut(action, ":")
				require.Contains(t, []string{"codecommit", "kms", "logs", "s3"}, service, action)
				switch service {
				case "codecommit":
					codecommit = append(codecommit, action)
					require.Len(t, one.resources, 1)
					require.True(t, strings.HasSuffix(one.resources[0], ":"+a.platform.Name+"-config"))
				case "s3":
					require.Contains(t, []string{"s3:GetBucket*", "s3:GetObject*", "s3:List*"}, action)
				}
			}
		}
		require.ElementsMatch(t, []string{"codecommit:GitPull", "codecommit:PostCommentForPullRequest"}, codecommit)
	})
}

// What the build gets is all that it needs: every package of this project that
// the program imports, and the settings.
func TestTheCheckIsWhole(t *testing.T) {
	a := synth(t, "default")
	s := a.stack(t, "delivery")
	_, key, _ := strings.Cut(s.render(s.one(t, "AWS::CodeBuild::Project").get("SecondarySources", 0, "Location")), "/")
	program := a.source(t, s, key)
	if !filepath.IsAbs(program) {
		program = filepath.Join(a.dir, program)
	}
	require.FileExists(t, filepath.Join(program, "cdk.json"))
	list := exec.Command("go", "list", "-deps", "-json=ImportPath,Standard,Module", "./seed/cmd")
	list.Dir = filepath.Join(program, "test/gates")
	out, err := list.CombinedOutput()
	require.NoError(t, err, string(out))
	own := 0
	for decoder := json.NewDecoder(strings.NewReader(string(out))); decoder.More(); {
		var one struct{ ImportPath string }
		require.NoError(t, decoder.Decode(&one))
		if strings.HasPrefix(one.ImportPath, "gitops-eks/") {
			own++
		}
	}
	require.Greater(t, own, 8)
	tests, err := filepath.Glob(filepath.Join(program, "test/*/*_test.go"))
	require.NoError(t, err)
	require.Empty(t, tests)
}

// Go's own proxy cannot be reached from China.
func TestTheCheckFetchesModulesWhereItCan(t *testing.T) {
	for region, want := range map[string]string{"eu-west-1": "https://proxy.golang.org,direct", "cn-north-1": "https://goproxy.cn,direct"} {
		platform := edited(t, "default", func(p *config.Platform) {
			p.Environments[0].Account, p.Environments[0].Region = "111111111111", region
			p.Delivery.Account, p.Delivery.Region = "111111111111", region
		})
		s := synthesize(t, platform, platform).stack(t, "delivery")
		require.Equal(t, want, variable(s, s.one(t, "AWS::CodeBuild::Project"), "GOPROXY"), region)
	}
}
