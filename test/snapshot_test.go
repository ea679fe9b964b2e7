package test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/pmezard/go-difflib/difflib"
	"github.com/stretchr/testify/require"
)

// howToUpdate ends each failure of a snapshot.
const howToUpdate = "if this is what you meant, run `make snapshot` and commit the result"

// TestSnapshots compares each stack of each variant with the template that was
// last reviewed. The intent is tested elsewhere: here any change at all shows,
// in the diff of a pull request too.
func TestSnapshots(t *testing.T) {
	eachStack(t, "", func(t *testing.T, a *assembly, s *template) {
		file, got := snapshotFile(a, s), snapshot(t, s)
		if *update {
			require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
			require.NoError(t, os.WriteFile(file, got, 0o644))
			return
		}
		compare(t, file, got)
	})
}

// TestSnapshotsAreOfStacks finds the snapshots of variants and stacks that are
// no more: they would be read as if they still meant something.
func TestSnapshotsAreOfStacks(t *testing.T) {
	known := map[string]bool{}
	for _, variant := range variants(t) {
		a := synth(t, variant)
		for _, s := range a.stacks {
			known[snapshotFile(a, s)] = true
		}
	}
	files, err := filepath.Glob(snapshotsDir + "/*/*")
	require.NoError(t, err)
	for _, file := range files {
		switch {
		case known[file]:
		case *update:
			require.NoError(t, os.Remove(file))
		default:
			t.Errorf("%s is of no stack: %s", file, howToUpdate)
		}
	}
}

func snapshotFile(a *assembly, s *template) string {
	return filepath.Join(snapshotsDir, a.variant, s.name+".json")
}

// compare fails with a unified diff, and not with two whole templates.
func compare(t *testing.T, file string, got []byte) {
	t.Helper()
	want, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is missing: %s", file, howToUpdate)
		return
	}
	require.NoError(t, err)
	if bytes.Equal(want, got) {
		return
	}
	diff, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
		A: difflib.SplitLines(string(want)), FromFile: file,
		B: difflib.SplitLines(string(got)), ToFile: "synthesized now",
		Context: 3,
	})
	require.NoError(t, err)
	t.Errorf("the template has changed: %s\n%s", howToUpdate, diff)
}

// assetHash is the name of an asset in its bucket. It changes with the files
// of the seed and of the CDK, which have tests and reviews of their own.
var assetHash = regexp.MustCompile(`\b[0-9a-f]{64}\.zip"`)

// snapshot is a template without what changes unintended: asset hashes, the
// CDK's own metadata, and the check of the bootstrap version that it adds.
func snapshot(t *testing.T, s *template) []byte {
	t.Helper()
	body := maps.Clone(s.body)
	if rules, ok := body["Rules"].(map[string]any); ok {
		body["Rules"] = without(rules, "CheckBootstrapVersion")
	}
	if parameters, ok := body["Parameters"].(map[string]any); ok {
		body["Parameters"] = without(parameters, "BootstrapVersion")
	}
	resources := map[string]any{}
	for _, r := range s.resources {
		resource := maps.Clone(r.body)
		resource["Metadata"] = without(resource["Metadata"].(map[string]any), "aws:cdk:path", "aws:asset:path", "aws:asset:property", "aws:asset:is-bundled")
		resources[r.id] = withoutEmpty(resource)
	}
	body["Resources"] = resources
	var out bytes.Buffer
	encoder := json.NewEncoder(&out) // sorts the keys
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	require.NoError(t, encoder.Encode(withoutEmpty(body)))
	return assetHash.ReplaceAll(out.Bytes(), []byte(`ASSET.zip"`))
}

func without(object map[string]any, keys ...string) map[string]any {
	object = maps.Clone(object)
	maps.DeleteFunc(object, func(key string, _ any) bool { return slices.Contains(keys, key) })
	return object
}

// withoutEmpty leaves out the sections that have nothing left.
func withoutEmpty(object map[string]any) map[string]any {
	maps.DeleteFunc(object, func(_ string, value any) bool {
		section, ok := value.(map[string]any)
		return ok && len(section) == 0
	})
	return object
}
