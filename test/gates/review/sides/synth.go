package sides

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/synthesis"
)

// Packages gives the base its Node.js packages: those of the project, or its
// own where package-lock.json is another one.
func (b *Base) Packages(ctx context.Context, project string) error {
	modules := filepath.Join(project, "node_modules")
	if _, err := os.Stat(modules); err != nil {
		return fmt.Errorf("the packages are not installed: %w; run npm ci", err)
	}
	const lock = "package-lock.json"
	old, err := os.ReadFile(filepath.Join(b.Dir, lock))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	now, err := os.ReadFile(filepath.Join(project, lock))
	if err != nil {
		return err
	}
	if bytes.Equal(old, now) {
		return os.Symlink(modules, filepath.Join(b.Dir, "node_modules"))
	}
	install := exec.CommandContext(ctx, "npm", "ci", "--no-audit", "--no-fund")
	install.Dir = b.Dir
	if said, err := install.CombinedOutput(); err != nil {
		return fmt.Errorf("install the packages of the base: %w\n%s", err, said)
	}
	return nil
}

// Synth synthesizes the program in dir with the settings of its own cdk.json
// into out, and reads the assembly.
func Synth(ctx context.Context, dir, out string) (*assembly.Assembly, error) {
	text, err := os.ReadFile(filepath.Join(dir, "cdk.json"))
	if err != nil {
		return nil, fmt.Errorf("%w; there is no program of this layout to synthesize", err)
	}
	var app struct {
		App     string `json:"app"`
		Context struct {
			Platform map[string]any `json:"platform"`
		} `json:"context"`
	}
	if err := json.Unmarshal(text, &app); err != nil {
		return nil, fmt.Errorf("cdk.json: %w", err)
	}
	const program = "go run ."
	if app.App != program || app.Context.Platform == nil {
		return nil, fmt.Errorf("cdk.json: app is %q and context.platform is %v, want %q and an object: another layout cannot be synthesized here", app.App, app.Context.Platform, program)
	}
	if err := synthesis.Run(ctx, dir, out, app.Context.Platform); err != nil {
		return nil, err
	}
	return assembly.Read(out)
}
