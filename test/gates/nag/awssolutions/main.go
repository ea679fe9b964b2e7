// Awssolutions runs cdk-nag's AwsSolutions rules over given templates. It is a
// program of its own because a process has one jsii kernel, which is started
// with variables that must be set before. Standard input is a [report.Request],
// standard output a [report.Reply], both as JSON.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/aws/jsii-runtime-go"

	"gitops-eks/test/gates/nag/report"
)

func main() {
	err := run()
	jsii.Close()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	var request report.Request
	if err := json.NewDecoder(os.Stdin).Decode(&request); err != nil {
		return fmt.Errorf("read the request: %w", err)
	}
	reply := report.Reply{}
	for _, stack := range request.Stacks {
		reply.Stacks = append(reply.Stacks, look(request.Folder, stack))
	}
	return json.NewEncoder(os.Stdout).Encode(reply)
}
