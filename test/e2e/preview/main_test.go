package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhoReadsItsOutputMayGo(t *testing.T) {
	const variable = "PREVIEW_TEST_SURVIVED"
	if file := os.Getenv(variable); file != "" {
		outliveReaders()
		fmt.Println("to nobody")
		require.NoError(t, os.WriteFile(file, nil, 0o600))
		return
	}
	file := filepath.Join(t.TempDir(), "survived")
	read, write, err := os.Pipe()
	require.NoError(t, err)
	require.NoError(t, read.Close())
	again := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	again.Env = append(os.Environ(), variable+"="+file)
	again.Stdout = write
	_ = again.Run() // the test's own last line finds no reader, either
	require.FileExists(t, file)
}
