package guard

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"gitops-eks/test/gates/gate"
)

// systems and processors are the package's names for Go's.
var (
	systems    = map[string]string{"linux": "ubuntu", "darwin": "macos"}
	processors = map[string]string{"amd64": "x86_64", "arm64": "aarch64"}
)

// binary is the path of cfn-guard for a machine, in the folder of the package.
func binary(folder, system, processor string) (string, error) {
	if _, err := os.Stat(folder); err != nil {
		return "", fmt.Errorf("cfn-guard needs its package: %w; run make gates, or npm ci in test/gates", err)
	}
	file := filepath.Join(folder, "bin", systems[system], processors[processor], "cfn-guard")
	if _, err := os.Stat(file); systems[system] == "" || processors[processor] == "" || err != nil {
		return "", gate.Absent{
			Tool:   fmt.Sprintf("cfn-guard for %s on %s", system, processor),
			Unseen: "AWS Control Tower's proactive controls are not looked at",
		}
	}
	return file, nil
}

func here(folder string) (string, error) { return binary(folder, runtime.GOOS, runtime.GOARCH) }
