package replay

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"gitops-eks/test/cloudassembly"
	"gitops-eks/test/e2e/proc"
)

// files are what Lambda, the AWS CLI and boto3 are to the handler.
//
//go:embed lambda
var files embed.FS

// handler runs a function's code on this machine.
type handler struct {
	// code is the asset with index.py.
	code string
	// python is the interpreter itself: a shim would need the user's environment.
	python string
	// stubs has aws and boto3, path are the folders of kubectl and helm.
	stubs string
	path  []string
	// environment is the rest of what the handler sees.
	environment map[string]string
	// scale of its clock.
	scale float64
}

// newHandler writes the stubs to a folder.
func newHandler(ctx context.Context, dir, code string, path []string, environment map[string]string, scale float64) (*handler, error) {
	output, err := exec.CommandContext(ctx, "python3", "-c", "import sys; print(sys.executable)").Output()
	if err != nil {
		return nil, fmt.Errorf("AWS's handler needs python3: %w", err)
	}
	h := &handler{code: code, python: strings.TrimSpace(string(output)), stubs: filepath.Join(dir, "stubs"), path: path, environment: environment, scale: scale}
	if err := os.MkdirAll(h.stubs, 0o700); err != nil {
		return nil, err
	}
	for _, name := range []string{"aws", "boto3.py", "runtime.py"} {
		text, err := fs.ReadFile(files, "lambda/"+name)
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(h.stubs, name), text, 0o700); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// payload is what a Lambda function answers.
type payload struct {
	Result       *result `json:"result"`
	ErrorMessage *string `json:"errorMessage"`
	ErrorType    string  `json:"errorType"`
}

// result is what a handler may answer to the provider framework.
type result struct {
	PhysicalResourceID string         `json:"PhysicalResourceId"`
	Data               map[string]any `json:"Data"`
}

// errTimeout: the function took longer than it may.
var errTimeout = errors.New("the function timed out")

// errKilled: the function was killed on purpose.
var errKilled = errors.New("the function was killed")

// logName is the file with what the handler printed.
const logName = "log"

// invoke calls the function once, with a folder of its own as Lambda's /tmp.
// Whatever ends it before it answers, ends kubectl and helm with it.
func (h *handler) invoke(ctx context.Context, dir string, event any, limit time.Duration, kill func(context.Context)) (*payload, error) {
	tmp, eventFile, answerFile := filepath.Join(dir, "tmp"), filepath.Join(dir, "event.json"), filepath.Join(dir, "answer.json")
	text, err := json.MarshalIndent(event, "", "  ")
	if err != nil {
		return nil, err
	}
	if err := errors.Join(os.MkdirAll(tmp, 0o700), os.WriteFile(eventFile, text, 0o600)); err != nil {
		return nil, err
	}
	log, err := os.OpenFile(filepath.Join(dir, logName), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	// -B: the asset must stay as it is, since what CDK uploads is this folder.
	cmd := exec.Command(h.python, "-I", "-B", filepath.Join(h.stubs, "runtime.py"), h.code, h.stubs, eventFile, answerFile, fmt.Sprint(h.scale))
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = tmp, h.env(tmp), log, log
	alive, err := cmd.StdinPipe() // its end tells the function that the bench is gone
	if err != nil {
		return nil, err
	}
	defer func() { _ = alive.Close() }()
	if err := proc.Start(cmd); err != nil {
		return nil, fmt.Errorf("start handler: %w", err)
	}
	if err := h.await(ctx, cmd, limit, kill); err != nil {
		return nil, err
	}
	answer := &payload{}
	if err := cloudassembly.ReadJSON(answerFile, answer); err != nil {
		message := fmt.Sprintf("RequestId: local Error: Runtime exited with error: %s", cmd.ProcessState)
		return &payload{ErrorMessage: &message, ErrorType: "Runtime.ExitError"}, nil
	}
	return answer, nil
}

// await waits for the end of the function, or brings it about.
func (h *handler) await(ctx context.Context, cmd *exec.Cmd, limit time.Duration, kill func(context.Context)) error {
	running, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // the answer, or its absence, says more
		close(ended)
	}()
	killed := make(chan struct{})
	if kill != nil {
		go func() {
			kill(running)
			close(killed)
		}()
	}
	timeout := time.NewTimer(limit)
	defer timeout.Stop()
	var cause error
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		cause = ctx.Err()
	case <-timeout.C:
		cause = errTimeout
	case <-killed:
		cause = errKilled
	}
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // it may just have ended
	<-ended
	return cause
}

// passed are the variables of the user that reach the handler: helm may need
// them to get at a registry, as it would with the network of the VPC.
var passed = []string{"HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"}

func (h *handler) env(tmp string) []string {
	env := []string{
		"PATH=" + strings.Join(append(append([]string{h.stubs}, h.path...), "/usr/bin", "/bin"), ":"),
		"HOME=" + tmp, "TMPDIR=" + tmp, "TEST_OUTDIR=" + tmp,
		"LANG=C.UTF-8", "PYTHONUNBUFFERED=1",
	}
	for _, name := range passed {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	for _, name := range sortedKeys(h.environment) {
		env = append(env, name+"="+h.environment[name])
	}
	return env
}
