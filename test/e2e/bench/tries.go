package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"text/template"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"gitops-eks/test/e2e/binaries"
)

// Tries prepares three things to try and answers how: commands to paste into
// another terminal.
func (b *Bench) Tries(ctx context.Context) (string, error) {
	if err := b.prepareTries(ctx); err != nil {
		return "", fmt.Errorf("prepare things to try: %w", err)
	}
	architectures, err := b.Architectures(ctx)
	if err != nil {
		return "", err
	}
	return b.tries(architectures)
}

// tries are the commands, for nodes of these architectures.
func (b *Bench) tries(architectures []string) (string, error) {
	values := map[string]any{
		"App": b.appCopy(), "Config": b.configCopy(), "Root": b.Root, "Registry": b.Registry, "Environment": b.Environment,
		"Kubectl": kubectl(), "Kubeconfig": b.Cluster.Kubeconfig, "Existing": b.Cluster.Existing, "Architectures": "", "CA": "",
	}
	// Set, it counts for more than the copy's http.sslCAInfo.
	if os.Getenv("GIT_SSL_CAINFO") != "" {
		values["CA"] = b.Git.CAFile()
	}
	if !slices.Equal(architectures, []string{runtime.GOARCH}) {
		values["Architectures"] = " ARCH=" + strings.Join(architectures, ",")
	}
	var text strings.Builder
	err := tries.Execute(&text, values)
	return text.String(), err
}

var tries = template.Must(template.New("tries").Parse(`
The platform is synced. Three things to try, in another terminal:

1. Push an app change. Flux commits the image's tag and rolls it out within a minute.
     cd {{.App}}
     sed -i.bak 's/"hostname":/"pod":/' server.go
     make -C {{.Root}} preview-image APP=$PWD REGISTRY={{.Registry}}{{.Architectures}}
{{- if .Existing}}
     export KUBECONFIG={{.Kubeconfig}}
     {{.Kubectl}} -n hello port-forward service/hello 8080:80   # then: curl localhost:8080
{{- end}}

2. Push a config change. It is applied at once.
     cd {{.Config}}
{{- if .CA}}
     export GIT_SSL_CAINFO={{.CA}}   # yours counts for more than the repository's setting
{{- end}}
     sed -i.bak 's/MESSAGE=.*/MESSAGE=hello again/' apps/{{.Environment}}/hello/kustomization.yaml
     git commit -qam 'Say hello again' && git pull -q --rebase && git push -q

3. Delete something. It is back within a minute.
     export KUBECONFIG={{.Kubeconfig}}
     {{.Kubectl}} -n hello delete service hello

`))

func (b *Bench) appCopy() string    { return filepath.Join(b.Dir, "hello") }
func (b *Bench) configCopy() string { return filepath.Join(b.Dir, "config") }

// prepareTries makes copies of both repositories to change, with all settings
// that Git needs to push.
func (b *Bench) prepareTries(ctx context.Context) error {
	if err := os.CopyFS(b.appCopy(), os.DirFS(filepath.Join(b.Root, "app"))); err != nil {
		return err
	}
	clone, err := b.Git.Clone(ctx, ConfigRepository, b.configCopy())
	if err != nil {
		return err
	}
	for setting, value := range map[string]string{
		"user.name": "preview", "user.email": "preview@example.com",
		"http.sslCAInfo": b.Git.CAFile(),
		// The server is on this machine, and no key is asked for.
		"http.proxy": "", "commit.gpgSign": "false",
	} {
		if _, err := clone.Git(ctx, "config", setting, value); err != nil {
			return err
		}
	}
	return nil
}

// kubectl is the user's, or else the layer's, which the handler runs. Neither
// found, the command says at least what is missing.
func kubectl() string {
	if _, err := exec.LookPath("kubectl"); err == nil {
		return "kubectl"
	}
	cache, err := binaries.CacheFolder()
	if err != nil {
		return "kubectl"
	}
	found, _ := filepath.Glob(filepath.Join(cache, "layer-*", "kubectl", "kubectl")) // the pattern is well-formed
	return append(found, "kubectl")[0]
}

// Image is the image of a workload's first container.
func Image(workload *unstructured.Unstructured) string {
	containers, _, _ := unstructured.NestedSlice(workload.Object, "spec", "template", "spec", "containers")
	if len(containers) == 0 {
		return ""
	}
	container, _ := containers[0].(map[string]any)
	image, _, _ := unstructured.NestedString(container, "image")
	return image
}
