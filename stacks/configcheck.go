package stacks

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	gitops "gitops-eks/constructs"
)

// checkSources are what `make check` is built of, below the folder of cdk.json:
// the packages of this project that it imports, their modules, and the settings.
var checkSources = []string{
	"cdk.json", "go.mod", "go.sum", "constructs/instance/*.go", "stacks/config/*.go", "test/cloudassembly/*.go",
	"test/manifests/go.mod", "test/manifests/go.sum", "test/manifests/*.go", "test/gates/go.mod", "test/gates/go.sum",
	"test/gates/assembly/*.go", "test/gates/finding/*.go", "test/gates/gate/*.go", "test/gates/incluster/*.go",
	"test/gates/seed/*.go", "test/gates/seed/cmd/*.go",
}

// copyCheck copies the sources of the project that a folder is in.
func copyCheck(folder, to string) error {
	root, err := projectOf(folder)
	if err != nil {
		return err
	}
	for _, pattern := range checkSources {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			return err
		}
		if len(files) == 0 {
			return fmt.Errorf("%s is not there: the check of the config repository is built of it", filepath.Join(root, pattern))
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			name, err := filepath.Rel(root, file)
			if err != nil {
				return err
			}
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			if err := os.MkdirAll(filepath.Dir(filepath.Join(to, name)), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(to, name), text, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// projectOf is the folder of cdk.json: the one given, or one above it.
func projectOf(folder string) (string, error) {
	start, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	for at := start; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "cdk.json")); err == nil {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("neither %s nor a folder above it has a cdk.json", start)
		}
	}
}

// addConfigCheck makes the check of pull requests to the config repository.
func (d *delivery) addConfigCheck(repository *gitops.Repository, root string) {
	program := filepath.Join(*awscdk.Stage_Of(d.stack).Outdir(), "config-check")
	if err := errors.Join(os.RemoveAll(program), copyCheck(root, program)); err != nil {
		panic(fmt.Errorf("copy the check of the config repository: %w", err))
	}
	proxy := "https://proxy.golang.org,direct"
	if strings.HasPrefix(d.platform.Delivery.Region, "cn-") {
		proxy = "https://goproxy.cn,direct" // https://go.dev/ref/mod#goproxy-protocol; the other cannot be reached there
	}
	gitops.NewConfigCheck(d.stack, "ConfigCheck", &gitops.ConfigCheckProps{
		Repository: repository, Branches: d.platform.Branches(), Program: program, GoProxy: proxy,
		Key: d.key, Logs: d.logs, Alerts: d.alerts,
	})
}
