package test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A test that reads a file outside of its module passes as "(cached)" when only
// that file has changed, and so does one whose programs read files.
func TestMakeTakesNoResultFromTheCache(t *testing.T) {
	text, err := os.ReadFile("Makefile")
	require.NoError(t, err)
	makefile := string(text)
	require.Regexp(t, `(?m)^TEST := go test -count=1$`, makefile)
	require.Equal(t, 1, strings.Count(makefile, "go test "), "run tests by $(TEST)")
}
