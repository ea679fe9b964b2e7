package validate

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
)

// sources are the files that a runtime loads a handler from.
var sources = map[string][]string{
	"nodejs": {".js", ".mjs", ".cjs"},
	"python": {".py"},
}

// maxEnvironment of a function, all names and values together, in bytes.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const maxEnvironment = 4096

// lambdas checks a function's code, its environment and its layers.
func lambdas(a *assembly.Assembly) (found []finding.Finding) {
	for _, r := range a.All("AWS::Lambda::Function") {
		code, _ := r.Get("Code").(map[string]any)
		if code["ZipFile"] == nil && code["ImageUri"] == nil && (code["S3Bucket"] == nil || code["S3Key"] == nil) {
			found = append(found, at(r, "lambda-code", "Code names no code, want S3Bucket and S3Key, ZipFile or ImageUri", "name the uploaded file"))
		}
		variables, _ := r.Get("Environment", "Variables").(map[string]any)
		size := 0
		for name, value := range variables {
			text, _ := value.(string)
			size += len(name) + len(text)
		}
		if size > maxEnvironment {
			found = append(found, at(r, "lambda-environment", fmt.Sprintf("Environment has %d bytes, at most %d are allowed", size, maxEnvironment), "move values to a parameter or a file"))
		}
		if layers := assembly.List(r.Get("Layers")); len(layers) > 5 {
			found = append(found, at(r, "lambda-layers", fmt.Sprintf("the function has %d layers, at most 5 are allowed", len(layers)), "merge layers"))
		}
	}
	return found
}

// handlers finds functions whose handler is not in their code: Lambda accepts
// them, and every call fails.
func handlers(a *assembly.Assembly) (found []finding.Finding) {
	for _, r := range a.All("AWS::Lambda::Function") {
		key, _ := r.Get("Code", "S3Key").(string)
		handler, _ := r.Get("Handler").(string)
		runtime, _ := r.Get("Runtime").(string)
		asset := a.Asset(key)
		if asset == nil || handler == "" {
			continue
		}
		if problem := noHandler(asset.Path, handler, runtime); problem != "" {
			found = append(found, at(r, "lambda-handler", problem, "set Handler to file.function of the code, or correct the code"))
		}
	}
	return found
}

func noHandler(folder, handler, runtime string) string {
	dot := strings.LastIndex(handler, ".")
	kind := strings.TrimRight(runtime, "0123456789.x")
	suffixes := sources[kind]
	if info, err := os.Stat(folder); err != nil || !info.IsDir() || suffixes == nil {
		return ""
	}
	if dot < 0 {
		return fmt.Sprintf("Handler is %q, want file.function", handler)
	}
	module, name := handler[:dot], handler[dot+1:]
	i := slices.IndexFunc(suffixes, func(suffix string) bool {
		_, err := os.Stat(filepath.Join(folder, module+suffix))
		return err == nil
	})
	if i < 0 {
		return fmt.Sprintf("Handler is %q, but the code has no file %s%s for %s", handler, module, suffixes[0], runtime)
	}
	text, err := os.ReadFile(filepath.Join(folder, module+suffixes[i]))
	if err != nil {
		return fmt.Sprintf("the code of Handler %q cannot be read: %v", handler, err)
	}
	if !regexp.MustCompile(`\b` + regexp.QuoteMeta(name) + `\b`).Match(text) {
		return fmt.Sprintf("Handler is %q, but %s%s has no %s", handler, module, suffixes[i], name)
	}
	return ""
}
