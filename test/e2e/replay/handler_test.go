package replay

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/cloudassembly"
)

// fast makes 10 minutes of the handler 3 seconds, and Lambda's 15 4.5.
const fast = 0.005

func TestAWaitFailsWithTheCommandThatExplainsIt(t *testing.T) {
	t.Parallel()
	f := fake(t, Options{TimeScale: fast})
	f.behave(t, "case \"$*\" in *metadata.name=tenants*) printf \"''\"; exit 0 ;; esac\n")
	start := time.Now()
	err := f.Deploy(t.Context())
	require.ErrorContains(t, err, "dev-gitops/Sync/TenantsReady: Received response status [FAILED]")
	require.ErrorContains(t, err, "Timeout waiting for output from kubectl command")
	require.ErrorContains(t, err, "kubectl -n flux-system describe kustomizations.kustomize.toolkit.fluxcd.io/tenants gitrepositories.source.toolkit.fluxcd.io/flux-system")
	require.Less(t, time.Since(start), time.Minute)
	polls := strings.Count(strings.Join(f.calls(t), "\n"), "metadata.name=tenants")
	require.Greater(t, polls, 5, "it looks every 10 of its seconds")

	// The framework answers the deletion of what could not be created by itself.
	require.NoError(t, f.Delete(t.Context()))
	require.Contains(t, summary(f.Steps()), "Delete gitops/Sync/TenantsReady succeeded")
	require.NotContains(t, strings.Join(f.calls(t), "\n"), "jsonpath")
}

func TestAHandlerThatTakesTooLongIsNotAnswered(t *testing.T) {
	t.Parallel()
	f := fake(t, Options{TimeScale: fast})
	f.behave(t, "case \"$*\" in delete*) echo $$ >"+f.dir+"/pid; sleep 100 ;; esac\n")
	require.NoError(t, f.Deploy(t.Context()))
	err := f.Delete(t.Context())
	require.ErrorContains(t, err, "dev-gitops/Sync/Platform: CloudFormation did not receive a response from your Custom Resource within 16m0s")
	requireGone(t, filepath.Join(f.dir, "pid"))
}

// requireGone needs the file with the pid that a fake wrote.
func requireGone(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	require.NoError(t, err)
	require.Eventually(t, func() bool { return syscall.Kill(pid, 0) == syscall.ESRCH || zombie(pid) }, 5*time.Second, 20*time.Millisecond, "process %d lives", pid)
}

// zombie: where nobody reaps orphans, a dead process keeps its number.
func zombie(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && strings.Contains(string(stat), ") Z ")
}

func TestAKilledHandlerGetsTheSameEventAgain(t *testing.T) {
	t.Parallel()
	started := func(f **fakes) func(context.Context) {
		return func(ctx context.Context) {
			for ctx.Err() == nil {
				if _, err := os.Stat(filepath.Join((*f).dir, "pid")); err == nil {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
		}
	}
	var f *fakes
	f = fake(t, Options{Disturb: func(s Step) *Disturbance {
		if s.Path == "dev-gitops/Sync/Facts" {
			return &Disturbance{Kill: started(&f)}
		}
		return nil
	}})
	// The first apply of the facts hangs, the second does not.
	f.behave(t, "case \"$*\" in *create-dev-gitops-Sync-Facts*) if [ ! -f "+f.dir+"/pid ]; then echo $$ >"+f.dir+"/part; mv "+f.dir+"/part "+f.dir+"/pid; sleep 100; fi ;; esac\n")
	require.NoError(t, f.Deploy(t.Context()))
	requireGone(t, filepath.Join(f.dir, "pid"))
	lines := strings.Join(summary(f.Steps()), "\n")
	require.Contains(t, lines, "Create gitops/Sync/Facts killed\nCreate gitops/Sync/Facts succeeded again\n")
	sameRequest(t, f.Steps(), "dev-gitops/Sync/Facts")
}

func sameRequest(t *testing.T, steps []Step, path string) {
	t.Helper()
	var ids []string
	for _, step := range steps {
		if step.Path == path {
			var sent event
			require.NoError(t, cloudassembly.ReadJSON(filepath.Join(filepath.Dir(step.Log), "event.json"), &sent))
			ids = append(ids, sent.RequestID)
		}
	}
	require.Len(t, ids, 2)
	require.Equal(t, ids[0], ids[1])
}

func TestALostAnswerBringsTheSameEventAgain(t *testing.T) {
	t.Parallel()
	f := fake(t, Options{Disturb: func(s Step) *Disturbance { return &Disturbance{LoseAnswer: s.Path == "dev-gitops/Sync/Source"} }})
	require.NoError(t, f.Deploy(t.Context()))
	require.Contains(t, strings.Join(summary(f.Steps()), "\n"), "Create gitops/Sync/Source answer lost\nCreate gitops/Sync/Source succeeded again\n")
	sameRequest(t, f.Steps(), "dev-gitops/Sync/Source")

	f.calls(t)
	require.NoError(t, f.Resend(t.Context(), "dev-gitops/Sync/Tenants"))
	require.Equal(t, []string{"kubectl apply --kubeconfig TMP/kubeconfig -f TMP/manifest.yaml"}, f.calls(t))
	require.ErrorContains(t, f.Resend(t.Context(), "dev-gitops/Nothing"), "nothing was sent to dev-gitops/Nothing")
}

func TestCancellationEndsTheHandlerAndItsPrograms(t *testing.T) {
	t.Parallel()
	f := fake(t, Options{})
	f.behave(t, "echo $$ >"+f.dir+"/part; mv "+f.dir+"/part "+f.dir+"/pid; sleep 100\n")
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for {
			if _, err := os.Stat(filepath.Join(f.dir, "pid")); err == nil {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		cancel()
	}()
	require.ErrorIs(t, f.Deploy(ctx), context.Canceled)
	requireGone(t, filepath.Join(f.dir, "pid"))
	// Nobody knows whether it was created, so its deletion does reach the handler.
	f.behave(t, "")
	f.calls(t)
	require.NoError(t, f.Delete(t.Context()))
	require.Equal(t, []string{"kubectl delete --kubeconfig TMP/kubeconfig -f TMP/manifest.yaml"}, f.calls(t))
}

func TestAReasonThatIsTooLongIsLost(t *testing.T) {
	t.Parallel()
	f := fake(t, Options{})
	f.behave(t, "head -c 5000 /dev/zero | tr '\\0' x; exit 1\n")
	require.ErrorContains(t, f.Deploy(t.Context()), "dev-cluster/Cluster/NetworkPolicies: Response object is too long.")
}

func TestAnotherClusterIsUnknown(t *testing.T) {
	t.Parallel()
	f := fake(t, Options{Assembly: read(t, edited(t, "dev-gitops", func(template map[string]any) {
		properties(t, template, "Sync/Facts")["ClusterName"] = "platform-prod"
	}))})
	require.ErrorContains(t, f.Deploy(t.Context()), "dev-gitops/Sync/Facts: Received response status [FAILED]")
	log, err := os.ReadFile(f.last().Log)
	require.NoError(t, err)
	require.Contains(t, string(log), "No cluster found for name: platform-prod.")
}

func TestTheStandInForTheAWSCLIKnowsFewCommands(t *testing.T) {
	t.Parallel()
	f := fake(t, Options{})
	f.behave(t, "aws s3 ls; echo exit $? >"+f.dir+"/aws; aws ecr get-login-password --region x >>"+f.dir+"/aws\n")
	require.NoError(t, f.Deploy(t.Context()))
	text, err := os.ReadFile(filepath.Join(f.dir, "aws"))
	require.NoError(t, err)
	require.Equal(t, "exit 252\nstand-in\n", string(text))
}

func TestTheAssetStaysAsItIs(t *testing.T) {
	t.Parallel()
	f := fake(t, Options{})
	require.NoError(t, f.Deploy(t.Context()))
	found, err := filepath.Glob(filepath.Join(f.framework.handler.code, "*", "__pycache__"))
	require.NoError(t, err)
	require.Empty(t, found, "CDK would upload them")
}
