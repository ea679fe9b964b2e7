package bench

import (
	"context"
	"fmt"
	"path/filepath"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// PrepareTries makes the working copy that the commands of [Bench.Tries] use.
func (b *Bench) PrepareTries(ctx context.Context) error {
	clone, err := b.Git.Clone(ctx, ConfigRepository, b.workingCopy())
	if err != nil {
		return err
	}
	for setting, value := range map[string]string{"user.name": "preview", "user.email": "preview@example.com"} {
		if _, err := clone.Git(ctx, "config", setting, value); err != nil {
			return err
		}
	}
	return nil
}

func (b *Bench) workingCopy() string { return filepath.Join(b.Dir, "config") }

// Tries are commands to paste into another terminal.
func (b *Bench) Tries() string {
	return fmt.Sprintf(`
The platform is synced. Things to try, in another terminal:

  1. Push a config change, and see it applied at once:
       cd %[1]s && export GIT_SSL_CAINFO=%[5]s && sed -i.bak 's/^      - MESSAGE=.*/      - MESSAGE=hello again/' apps/dev/hello/kustomization.yaml && rm apps/dev/hello/*.bak && git pull --quiet --rebase --autostash && git commit --quiet --all --message 'Say hello again' && git push

  2. Push an image, as the pipeline does, and see Flux commit its tag and roll it out within a minute:
       make -C %[2]s preview-image REGISTRY=%[3]s

  3. Delete something, and see it come back within a minute:
       KUBECONFIG=%[4]s kubectl -n hello delete service hello

Ctrl-C here ends everything.

`, b.workingCopy(), b.Root, b.Images.Address, b.Cluster.Kubeconfig, b.Git.CAFile())
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
