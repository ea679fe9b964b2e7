package constructs

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// answers of ecr:DescribeImageScanFindings, as AWS's command line prints them.
const (
	scanned  = `{"imageScanStatus":{"status":"COMPLETE"},"imageScanFindings":{"imageScanCompletedAt":"2026-01-01T00:00:00Z","findings":[]}}`
	early    = `{"imageScanStatus":{"status":"COMPLETE"},"imageScanFindings":{"findings":[]}}`
	active   = `{"imageScanStatus":{"status":"ACTIVE"}}`
	critical = `{"imageScanStatus":{"status":"COMPLETE"},"imageScanFindings":{"findings":[{"name":"CVE-1","severity":"CRITICAL"}]}}`
	enhanced = `{"imageScanStatus":{"status":"ACTIVE"},"imageScanFindings":{"enhancedFindings":[{"title":"CVE-2","severity":"HIGH"}]}}`
	unrated  = `{"imageScanStatus":{"status":"COMPLETE"},"imageScanFindings":{"findings":[{"name":"CVE-3"}]}}`
)

// stands in for aws: the answers in turn, the last one for ever, and an error for "none".
const aws = `#!/bin/bash
if [ "$2" = start-image-scan ]; then echo "$SCANNED" >"$ANSWERS/last"; rm -f "$ANSWERS"/[0-9]; exit 0; fi
n=$(($(cat "$ANSWERS/n" 2>/dev/null || echo 0) + 1)); echo "$n" >"$ANSWERS/n"
file=$ANSWERS/$n; [ -e "$file" ] || file=$ANSWERS/last
if [ "$(cat "$file")" = none ]; then echo "An error occurred (ScanNotFoundException)" >&2; exit 254; fi
cat "$file"
`

// runScript runs a script in a checkout, with time that passes a hundred times as fast.
func runScript(t *testing.T, text, checkout string, answers []string, variables ...string) (string, int) {
	t.Helper()
	bin := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(bin, "aws"), []byte(aws), 0o700))
	for i, answer := range answers {
		require.NoError(t, os.WriteFile(filepath.Join(bin, strconv.Itoa(i+1)), []byte(answer), 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(bin, "last"), []byte(answer), 0o600))
	}
	cmd := exec.Command("bash", "-c", "sleep() { SECONDS=$((SECONDS + 100)); }\n"+text)
	cmd.Dir = checkout
	cmd.Env = append([]string{"PATH=" + bin + ":" + os.Getenv("PATH"), "ANSWERS=" + bin, "TMPDIR=" + t.TempDir(), "REPOSITORY_NAME=platform/hello"}, variables...)
	output, err := cmd.CombinedOutput()
	if err != nil {
		require.ErrorAs(t, err, new(*exec.ExitError), string(output))
	}
	return string(output), cmd.ProcessState.ExitCode()
}

func TestScan(t *testing.T) {
	status := func(status string) string { return `{"imageScanStatus":{"status":"` + status + `"}}` }
	for _, c := range []struct {
		name, threshold string
		answers         []string
		fails           bool
		want            string
	}{
		{"clean", "high", []string{scanned}, false, "found nothing at or above high"},
		{"not there at once", "high", []string{"none", status("PENDING"), status("IN_PROGRESS"), scanned}, false, "found nothing"},
		{"complete before its findings", "high", []string{early, early, critical}, true, "1 findings at or above high"},
		{"active before its findings", "high", []string{active, active, enhanced}, true, "1 findings at or above high"},
		{"active for ever", "high", []string{active}, true, "last: ACTIVE without an end or findings"},
		{"complete for ever", "high", []string{early}, true, "last: COMPLETE without an end or findings"},
		{"no scan until it is asked for", "high", []string{"none"}, false, "asking for a scan"},
		{"no scan, and none to be had", "high", []string{"none"}, true, "the registry's scanning filters"},
		{"no scan, and none asked for", "none", []string{"none"}, false, "so the image is released"},
		{"below the threshold", "critical", []string{enhanced}, false, "HIGH\tCVE-2"},
		{"no severity", "low", []string{unrated}, false, "UNRATED\tCVE-3"},
		{"base image that the scanner does not know", "high", []string{status("UNSUPPORTED_IMAGE")}, true, "This is no finding"},
		{"no description", "high", []string{status("FAILED")}, true, "ended with FAILED: Amazon ECR gives no reason"},
		{"limit", "high", []string{status("LIMIT_EXCEEDED")}, true, "ended with LIMIT_EXCEEDED"},
		{"unavailable", "high", []string{status("FINDINGS_UNAVAILABLE")}, true, "ended with FINDINGS_UNAVAILABLE"},
		{"ends without a scan, and none asked for", "none", []string{status("UNSUPPORTED_IMAGE")}, false, "ended with UNSUPPORTED_IMAGE"},
		{"threshold", "severe", []string{scanned}, true, "it must be low, medium, high, critical or none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			checkout := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(checkout, "image.digest"), []byte("sha256:"+strings.Repeat("a", 64)+"\n"), 0o600))
			// The app's own files of these names are none of the scan's.
			require.NoError(t, os.Symlink("/dev/null", filepath.Join(checkout, "findings.tsv")))
			after := "none"
			if strings.HasSuffix(c.name, "until it is asked for") {
				after = scanned
			}
			output, code := runScript(t, scanScript, checkout, c.answers, "SCAN_THRESHOLD="+c.threshold, "SCANNED="+after)
			require.Contains(t, output, c.want)
			require.Equal(t, c.fails, code != 0, output)
			require.NotContains(t, output, "jq: error")
		})
	}
}

func TestScanWithoutADigest(t *testing.T) {
	checkout := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(checkout, "image.digest"), []byte("null\n"), 0o600))
	output, code := runScript(t, scanScript, checkout, []string{scanned}, "SCAN_THRESHOLD=high")
	require.Equal(t, 1, code)
	require.Contains(t, output, `the build left the digest "null"`)
}

func TestReleaseOfAnImageThatIsGone(t *testing.T) {
	output, code := runScript(t, releaseScript, t.TempDir(), []string{`{"images":[],"failures":[{"failureReason":"Requested image not found"}]}`},
		"REVISION=0123456789", "IMAGE_DIGESTS=sha256:"+strings.Repeat("a", 64), "REPOSITORY_URI=r/x")
	require.Equal(t, 1, code)
	require.Contains(t, output, "is gone: Requested image not found. Run the pipeline again")
}
