package shell

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// check looks at a project's commands: each has to be bash, to stop at the
// first failure, and to use variables that somebody sets.
func (r *review) check(p *project) {
	given := r.given(p)
	set := map[string]bool{} // by commands before: they share one shell
	for i, command := range p.all() {
		parsed, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(command), "")
		if err != nil {
			r.add("syntax", p.Resource, "mend the script", "command %d is not bash: %v", i+1, err)
			continue
		}
		if len(strings.Split(strings.TrimSpace(command), "\n")) > 1 && !strict(parsed) {
			r.add("strict", p.Resource, "begin the script with set -euo pipefail", "command %d, %q, goes on after a failure: set -euo pipefail is not its first command", i+1, firstLine(command))
		}
		exported := r.checkVariables(p, i, parsed, given, set)
		for name := range exported {
			set[name] = true
		}
	}
	for _, name := range p.spec.Env.ExportedVariables {
		if !set[name] && !given[name] {
			r.add("exported", p.Resource, "export it in a command of its own, outside of parentheses", "exports %s, which no command sets: the next action would get nothing", name)
		}
	}
	r.checkInvariants(p)
	r.checkHabits(p)
	r.checkSettings(p)
}

func firstLine(command string) string {
	for _, line := range strings.Split(command, "\n") {
		if line = strings.TrimSpace(line); line != "" && line != "(" {
			return line
		}
	}
	return command
}

// strict says whether the script, or the subshell that it is, begins with
// set -euo pipefail.
func strict(file *syntax.File) bool {
	statements := file.Stmts
	if len(statements) == 1 {
		if sub, ok := statements[0].Cmd.(*syntax.Subshell); ok {
			statements = sub.Stmts
		}
	}
	if len(statements) == 0 {
		return false
	}
	call, ok := statements[0].Cmd.(*syntax.CallExpr)
	if !ok {
		return false
	}
	var words []string
	for _, word := range call.Args {
		words = append(words, word.Lit())
	}
	if len(words) == 0 || words[0] != "set" {
		return false
	}
	flags := strings.Join(words[1:], " ")
	return strings.HasPrefix(flags, "-") && strings.HasSuffix(flags, "o pipefail") &&
		strings.ContainsRune(words[1], 'e') && strings.ContainsRune(words[1], 'u')
}

// checkVariables reports variables that nobody sets, and returns those that the
// command leaves set for the commands after it.
func (r *review) checkVariables(p *project, index int, file *syntax.File, given, set map[string]bool) map[string]bool {
	own, left, used := map[string]bool{}, map[string]bool{}, map[string]bool{}
	depth := 0
	var stack []syntax.Node
	syntax.Walk(file, func(node syntax.Node) bool {
		if node == nil {
			if _, ok := stack[len(stack)-1].(*syntax.Subshell); ok {
				depth--
			}
			stack = stack[:len(stack)-1]
			return true
		}
		stack = append(stack, node)
		mark := func(name string) {
			own[name] = true
			if depth == 0 {
				left[name] = true
			}
		}
		switch node := node.(type) {
		case *syntax.Subshell:
			depth++
		case *syntax.Assign:
			if node.Name != nil {
				mark(node.Name.Value)
			}
		case *syntax.WordIter:
			mark(node.Name.Value)
		case *syntax.CallExpr:
			for _, name := range readInto(node) {
				mark(name)
			}
		case *syntax.ParamExp:
			if node.Param != nil && (node.Exp == nil || !hasDefault(node.Exp.Op)) {
				used[node.Param.Value] = true
			}
		}
		return true
	})
	for name := range used {
		if !own[name] && !given[name] && !set[name] && !builtin(name) {
			r.add("variable", p.Resource, "set it in EnvironmentVariables of the project or of the pipeline's action, or in the script", "command %d uses $%s, which nobody sets", index+1, name)
		}
	}
	return left
}

// hasDefault says whether an expansion, such as ${A:-b}, can do without a value.
func hasDefault(op syntax.ParExpOperator) bool {
	return slices.Contains([]syntax.ParExpOperator{
		syntax.DefaultUnset, syntax.DefaultUnsetOrNull, syntax.AssignUnset, syntax.AssignUnsetOrNull, syntax.AlternateUnset, syntax.AlternateUnsetOrNull,
	}, op)
}

// readInto are the variables that a call of read fills.
func readInto(call *syntax.CallExpr) []string {
	if len(call.Args) == 0 || call.Args[0].Lit() != "read" {
		return nil
	}
	var names []string
	for _, word := range call.Args[1:] {
		if name := word.Lit(); !strings.HasPrefix(name, "-") {
			names = append(names, name)
		}
	}
	return names
}

// builtin says whether the shell, or CodeBuild, sets a variable.
// https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html
func builtin(name string) bool {
	if strings.HasPrefix(name, "CODEBUILD_") || strings.ContainsAny(name[:1], "0123456789@*#?-$!_") {
		return true
	}
	return slices.Contains([]string{
		"SECONDS", "RANDOM", "PWD", "OLDPWD", "HOME", "PATH", "USER", "IFS", "PIPESTATUS", "LINENO", "BASH_SOURCE", "HOSTNAME",
		"AWS_REGION", "AWS_DEFAULT_REGION",
	}, name)
}

// excluded are checks of shellcheck that do not fit. SC2154, of variables that
// nobody sets, is done here with those that CodeBuild sets. SC2155 is about
// "export A=$(b)", which a command of a buildspec cannot spread over two lines.
const excluded = "SC2154,SC2155"

// shellcheck runs the tool over every command.
func (r *review) shellcheck(ctx context.Context, projects []*project) error {
	for _, p := range projects {
		for i, command := range p.all() {
			run := exec.CommandContext(ctx, "shellcheck", "--shell=bash", "--format=json", "--severity=info", "--exclude="+excluded, "-")
			run.Stdin = strings.NewReader(command)
			out, err := run.Output()
			var exit *exec.ExitError
			if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
				return fmt.Errorf("shellcheck %s, command %d: %w", p.LogicalID, i+1, err)
			}
			var mistakes []struct {
				Line    int
				Code    int
				Message string
			}
			if err := json.Unmarshal(out, &mistakes); err != nil {
				return fmt.Errorf("shellcheck %s, command %d: %w", p.LogicalID, i+1, err)
			}
			for _, m := range mistakes {
				r.add(fmt.Sprintf("SC%d", m.Code), p.Resource, fmt.Sprintf("see https://www.shellcheck.net/wiki/SC%d", m.Code), "command %d, line %d: %s", i+1, m.Line, m.Message)
			}
		}
	}
	return nil
}
