// Package gatetest gives the tests of the gates assemblies of the platform, as
// they are synthesized and with a fault in them.
package gatetest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
	"gitops-eks/test/gates/gate"
)

// Root is the folder of cdk.json.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "..")
}

// Variants are the names of the settings that the snapshots are made of, and
// of those for Regions that differ from the others.
func Variants(t *testing.T) []string {
	t.Helper()
	folder := filepath.Join(Root(), "test", "testdata", "settings")
	var names []string
	for _, pattern := range []string{"*.json", filepath.Join("places", "*.json")} {
		files, err := filepath.Glob(filepath.Join(folder, pattern))
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, file := range files {
			name, err := filepath.Rel(folder, strings.TrimSuffix(file, ".json"))
			require.NoError(t, err)
			names = append(names, filepath.ToSlash(name))
		}
	}
	return names
}

// Synth synthesizes a variant and reads it. All test programs share one
// synthesis, for as long as nothing changes that it reads: see [synthesized].
func Synth(t *testing.T, variant string) *assembly.Assembly {
	t.Helper()
	dir, err := synthesized(variant)
	require.NoError(t, err)
	return Read(t, dir)
}

// Read reads an assembly.
func Read(t *testing.T, dir string) *assembly.Assembly {
	t.Helper()
	a, err := assembly.Read(dir)
	require.NoError(t, err)
	return a
}

// Mutated is a copy of the assembly after edit, which changes the template of
// one stack. Assets are shared with the original: do not write to them.
func Mutated(t *testing.T, a *assembly.Assembly, stack string, edit func(template map[string]any)) *assembly.Assembly {
	t.Helper()
	dir := Copy(t, a)
	s := a.Stack(stack)
	require.NotNil(t, s, "no stack %s", stack)
	file := filepath.Join(dir, filepath.Base(s.File))
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var template map[string]any
	require.NoError(t, json.Unmarshal(text, &template))
	edit(template)
	changed, err := json.MarshalIndent(template, "", " ")
	require.NoError(t, err)
	require.NotEqual(t, string(text), string(changed), "the edit changed nothing")
	require.NoError(t, os.Remove(file))
	require.NoError(t, os.WriteFile(file, changed, 0o600))
	return Read(t, dir)
}

// Copy makes a folder with the assembly's files; folders and archives are links.
func Copy(t *testing.T, a *assembly.Assembly) string {
	t.Helper()
	dir := t.TempDir()
	entries, err := os.ReadDir(a.Dir)
	require.NoError(t, err)
	for _, entry := range entries {
		from, to := filepath.Join(a.Dir, entry.Name()), filepath.Join(dir, entry.Name())
		if entry.IsDir() || !strings.HasSuffix(entry.Name(), ".json") {
			require.NoError(t, os.Symlink(from, to))
			continue
		}
		content, err := os.ReadFile(from)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(to, content, 0o600))
	}
	return dir
}

// Resource returns the body of the first resource of the type, by logical id,
// whose construct path contains part, for an edit.
func Resource(t *testing.T, template map[string]any, kind, part string) map[string]any {
	t.Helper()
	resources := template["Resources"].(map[string]any)
	var found, id string
	for name, value := range resources {
		body := value.(map[string]any)
		metadata, _ := body["Metadata"].(map[string]any)
		path, _ := metadata["aws:cdk:path"].(string)
		if body["Type"] == kind && strings.Contains(path, part) && (found == "" || name < id) {
			found, id = path, name
		}
	}
	require.NotEmpty(t, id, "no %s at %q", kind, part)
	return resources[id].(map[string]any)
}

// Run runs one gate and requires that it could look.
func Run(t *testing.T, g gate.Gate, a *assembly.Assembly) []finding.Finding {
	t.Helper()
	result := gate.Run(t.Context(), gate.Input{Assembly: a, Root: Root()}, []gate.Gate{g})[0]
	require.NoError(t, result.Err)
	return result.Findings
}
