package constructs

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// call is an event that CloudFormation sends.
type call struct {
	RequestType        string
	ResourceType       string `json:"ResourceType,omitempty"`
	PhysicalResourceID string `json:"PhysicalResourceId,omitempty"`
	ResourceProperties map[string]any
}

// reply is what the handler puts to the address that the event names.
type reply struct {
	Status, Reason     string
	PhysicalResourceID string `json:"PhysicalResourceId"`
	Data               map[string]string
}

// runHandler runs a handler as Lambda does, with a stand-in for a client of
// AWS's SDK: a file in JavaScript. Its pauses end at once.
func runHandler(t *testing.T, code, client, standIn string, event call) reply {
	t.Helper()
	var got []byte
	var contentType []string
	server := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body := new(bytes.Buffer)
		_, err := body.ReadFrom(r.Body)
		require.NoError(t, err)
		got, contentType = body.Bytes(), r.Header["Content-Type"]
	}))
	defer server.Close()

	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	write("index.js", answer+code)
	write("node_modules/@aws-sdk/"+client+"/index.js", standIn)
	write("run.js", `
		const wait = setTimeout;
		globalThis.setTimeout = (f, ms) => wait(f, ms > 100000 ? 2000 : 0).unref();
		const keep = setInterval(() => {}, 1000);
		require('./index.js').handler(JSON.parse(process.argv[2]), { getRemainingTimeInMillis: () => 120000 }).finally(() => clearInterval(keep));`)
	text, err := json.Marshal(struct {
		call
		ResponseURL       string
		LogicalResourceID string `json:"LogicalResourceId"`
	}{event, server.URL + "/answer?Signature=x", "Thing"})
	require.NoError(t, err)

	cmd := exec.Command("node", filepath.Join(dir, "run.js"), string(text))
	cmd.Env = append(os.Environ(), "NODE_TLS_REJECT_UNAUTHORIZED=0", "AWS_REGION=xx-test-1")
	output, err := cmd.CombinedOutput()
	require.NoError(t, err, string(output))
	require.NotEmpty(t, got, "CloudFormation got no answer\n%s", output)
	require.Equal(t, []string{""}, contentType, "the address is signed for no content type")
	var r reply
	require.NoError(t, json.Unmarshal(got, &r), string(got))
	require.NotEmpty(t, r.PhysicalResourceID)
	return r
}
