// Package node runs the tools that exist for Node.js only, each in one process
// that answers many questions: loading one takes longer than using it.
package node

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// Worker is a script that reads one JSON value a line and answers each with
// one line: {"reply": …} or {"error": "…"}. It starts with the first question.
type Worker struct {
	// Script is the path of the script. Required.
	Script string

	mutex   sync.Mutex
	command *exec.Cmd
	stdin   io.WriteCloser
	answers *bufio.Reader
	stderr  bytes.Buffer
}

// Ask sends the question and decodes the answer. An answer that is an error,
// or a script that ends, is an error with what the script wrote to stderr.
func (w *Worker) Ask(ctx context.Context, question, answer any) error {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.command == nil {
		if err := w.start(); err != nil {
			return err
		}
	}
	stopped := context.AfterFunc(ctx, func() { _ = w.command.Process.Kill() })
	defer stopped()
	text, err := json.Marshal(question)
	if err != nil {
		return err
	}
	if _, err := w.stdin.Write(append(text, '\n')); err != nil {
		return w.ended(ctx, err)
	}
	line, err := w.answers.ReadBytes('\n')
	if err != nil {
		return w.ended(ctx, err)
	}
	var reply struct {
		Reply json.RawMessage `json:"reply"`
		Error string          `json:"error"`
	}
	if err := json.Unmarshal(line, &reply); err != nil {
		return fmt.Errorf("%s answered %q: %w", w.name(), line, err)
	}
	if reply.Error != "" {
		return fmt.Errorf("%s: %s", w.name(), reply.Error)
	}
	return json.Unmarshal(reply.Reply, answer)
}

// Close ends the script.
func (w *Worker) Close() error {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.command == nil {
		return nil
	}
	err := errors.Join(w.stdin.Close(), w.command.Wait())
	w.command = nil
	return err
}

func (w *Worker) name() string { return filepath.Base(w.Script) }

func (w *Worker) start() (err error) {
	modules := filepath.Join(filepath.Dir(w.Script), "..", "node_modules")
	if _, err := os.Stat(modules); err != nil {
		return fmt.Errorf("%s needs its packages: %w; run make gates, or npm ci in test/gates", w.name(), err)
	}
	command := exec.Command("node", w.Script)
	command.Stderr = &w.stderr
	if w.stdin, err = command.StdinPipe(); err != nil {
		return err
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	w.answers = bufio.NewReaderSize(stdout, 1<<20)
	if err := command.Start(); err != nil {
		return fmt.Errorf("start %s: %w", w.name(), err)
	}
	w.command = command
	return nil
}

// ended is the error of a script that does not answer any more.
func (w *Worker) ended(ctx context.Context, err error) error {
	waited := w.command.Wait()
	w.command = nil
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("%s ended: %w\n%s", w.name(), errors.Join(err, waited), w.stderr.String())
}
