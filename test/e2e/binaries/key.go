package binaries

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// key names what a module's programs are made from: the same key, the same programs.
func key(ctx context.Context, folder, module string) (string, error) {
	version, err := goVersion(ctx, folder)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	fmt.Fprintln(sum, version, runtime.GOOS, runtime.GOARCH)
	for _, file := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(folder, file))
		if err != nil {
			return "", err
		}
		fmt.Fprintln(sum, len(text))
		sum.Write(text)
	}
	for _, p := range programs {
		if p.module == module {
			fmt.Fprintln(sum, p.name, p.pkg, p.pages, p.args())
		}
	}
	for _, d := range datas {
		if d.module == module {
			fmt.Fprintln(sum, d)
		}
	}
	return hex.EncodeToString(sum.Sum(nil))[:16], nil
}

// goVersion is that of the go command, which need not be what built this program.
func goVersion(ctx context.Context, folder string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "env", "GOVERSION")
	cmd.Dir, cmd.Env = folder, environment()
	text, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go env GOVERSION in %s: %w", folder, describe(err))
	}
	return strings.TrimSpace(string(text)), nil
}

// environment of the go command: the user's, for proxies and caches, without
// what would change the result.
func environment() []string {
	return append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off", "GOEXPERIMENT=", "GOFIPS140=off")
}
