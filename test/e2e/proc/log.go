package proc

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

// tailBytes is enough for the last lines, however large the log.
const tailBytes = 64 << 10

// Log is the file that holds the output of the process, over all its starts.
func (p *Process) Log() string { return p.log }

// Tail shows the last lines of the log under a heading.
func (p *Process) Tail(lines int) string {
	text, err := tail(p.log, lines)
	if err != nil {
		text = err.Error()
	}
	return fmt.Sprintf("--- %s: the last lines of %s\n%s", p.Name, p.log, text)
}

func tail(path string, lines int) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	if size, err := file.Seek(0, io.SeekEnd); err != nil {
		return "", err
	} else if _, err := file.Seek(max(0, size-tailBytes), io.SeekStart); err != nil {
		return "", err
	}
	text, err := io.ReadAll(file)
	if err != nil {
		return "", err
	}
	all := bytes.Split(bytes.TrimRight(text, "\n"), []byte("\n"))
	return string(bytes.Join(all[max(0, len(all)-lines):], []byte("\n"))), nil
}
