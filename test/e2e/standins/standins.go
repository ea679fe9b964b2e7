// Package standins lists what the bench replaces by something that runs on one
// machine. All else is what runs in a cluster.
package standins

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gitops-eks/test/e2e/replay"
)

// List is for the user to read when the bench starts.
func List() []string {
	list := []string{
		"CodeCommit: Git over HTTPS on this machine, with a password instead of AWS's credentials",
		"ECR: an OCI registry on this machine, without a log-in and without TLS",
		"kubelet: kwok, which makes nodes and pods ready and pulls no image",
		"the controllers' pods: processes with the arguments of their Deployments, see fluxrun.Translations",
		"CodePipeline and CodeBuild: the commands of the synthesized buildspecs, in bash on this machine, see codebuild",
		"docker and aws in a build: buildah, or without it the Dockerfile's go build alone, and the registry above; a scan says what the test wants",
		"base images, where they cannot be pulled: this machine's shell and Go to build in, and an empty one to run in",
	}
	list = append(list, "time: the handler's clock runs ten times as fast, see bench.HandlerClock")
	list = append(list, replay.StandIns()...)
	for _, r := range replacements {
		list = append(list, fmt.Sprintf("config repository, %s: %s", r.file, r.why))
	}
	return list
}

// A replacement in the seeded copy of the config repository.
type replacement struct{ file, old, new, why string }

var replacements = []replacement{{
	file: "infrastructure/image-automation/hello.yaml",
	old:  "  provider: aws\n",
	new:  "  provider: generic\n  insecure: true\n",
	why:  "provider generic and insecure instead of aws, since the registry is no ECR",
}}

// ConfigRepository puts the stand-ins into a copy of the config repository. A
// replacement that finds nothing to replace is an error: the list is out of date.
func ConfigRepository(dir string) error {
	for _, r := range replacements {
		path := filepath.Join(dir, filepath.FromSlash(r.file))
		text, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("stand-in: %w", err)
		}
		if n := strings.Count(string(text), r.old); n != 1 {
			return fmt.Errorf("stand-in: %s has %q %d times, want once", r.file, r.old, n)
		}
		if err := os.WriteFile(path, []byte(strings.Replace(string(text), r.old, r.new, 1)), 0o644); err != nil {
			return err
		}
	}
	return nil
}
