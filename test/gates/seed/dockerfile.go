package seed

import (
	"bytes"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"

	"gitops-eks/test/gates/finding"
)

const dockerfile = "Dockerfile"

// checkApp reviews the Dockerfile of an app.
func checkApp(files fs.FS, about reporter) []finding.Finding {
	content, err := fs.ReadFile(files, dockerfile)
	if err != nil {
		return []finding.Finding{about("dockerfile", dockerfile, "there is none: the pipeline would have nothing to build", "add a Dockerfile")}
	}
	d := &docker{about: about}
	parsed, err := parser.Parse(bytes.NewReader(content))
	if err != nil {
		d.add("dockerfile", 0, "mend the Dockerfile", "%v", err)
		return d.found
	}
	stages, arguments, err := instructions.Parse(parsed.AST, nil)
	if err != nil {
		d.add("dockerfile", 0, "mend the Dockerfile", "%v", err)
		return d.found
	}
	d.check(stages, arguments)
	return d.found
}

// docker collects what is wrong with a Dockerfile.
type docker struct {
	about reporter
	found []finding.Finding
}

func (d *docker) add(rule string, line int, fix, format string, args ...any) {
	path := dockerfile
	if line > 0 {
		path += ":" + strconv.Itoa(line)
	}
	d.found = append(d.found, d.about(rule, path, fmt.Sprintf(format, args...), fix))
}

func lineOf(c instructions.Command) int {
	if at := c.Location(); len(at) > 0 {
		return at[0].Start.Line
	}
	return 0
}

func (d *docker) check(stages []instructions.Stage, arguments []instructions.ArgCommand) {
	defaults := map[string]string{}
	for _, argument := range arguments {
		for _, one := range argument.Args {
			if one.Value != nil {
				defaults[one.Key] = *one.Value
			}
		}
	}
	var names []string
	for i, stage := range stages {
		d.checkBase(stage, defaults, names)
		for _, command := range stage.Commands {
			d.checkCommand(command, names)
		}
		names = append(names, strings.ToLower(stage.Name), strconv.Itoa(i))
	}
	d.checkLast(stages[len(stages)-1])
}

// chosen is a digest, or a tag that says which version. A tag follows the patches
// of its version, without which the pipeline's scan refuses the image one day.
var chosen = regexp.MustCompile(`@sha256:[0-9a-f]{64}$|:[^:/@]*[0-9][^:/@]*$`)

// dockerHub is a name without the host of a registry, or with Docker Hub's.
var dockerHub = regexp.MustCompile(`^(docker\.io/|[^./:]+(/|:|@|$))`)

// checkBase holds that a stage begins with an earlier one, or with an image of
// a known version from a registry that lets every build pull.
func (d *docker) checkBase(stage instructions.Stage, defaults map[string]string, earlier []string) {
	line := 0
	if len(stage.Location) > 0 {
		line = stage.Location[0].Start.Line
	}
	words, err := shell.NewLex('\\').ProcessWordWithMatches(stage.BaseName, environ(defaults))
	if err != nil {
		d.add("base-image", line, "mend the name of the image", "FROM %s: %v", stage.BaseName, err)
		return
	}
	name := words.Result
	switch {
	case name == "scratch" || slices.Contains(earlier, strings.ToLower(name)):
	case !chosen.MatchString(name):
		d.add("base-image", line, "name a version, as name:3, or a digest", "the base image %q may be any version", name)
	case dockerHub.MatchString(name):
		d.add("base-image", line, "take it from another registry, such as public.ecr.aws/docker/library/ or your own",
			"the base image %q is pulled from Docker Hub, which limits anonymous pulls: builds would fail", name)
	}
}

type environ map[string]string

func (e environ) Get(name string) (string, bool) { value, ok := e[name]; return value, ok }
func (e environ) Keys() []string {
	var keys []string
	for key := range e {
		keys = append(keys, key)
	}
	return keys
}

var (
	secretName = regexp.MustCompile(`(?i)password|passwd|secret|token|api_?key|private_?key|access_?key`)
	piped      = regexp.MustCompile(`(?i)(curl|wget)[^|;&]*\|\s*(sudo\s+)?(ba|da|z)?sh\b`)
)

func (d *docker) checkCommand(command instructions.Command, stages []string) {
	line := lineOf(command)
	switch command := command.(type) {
	case *instructions.AddCommand:
		for _, source := range command.SourcePaths {
			if (strings.Contains(source, "://") || strings.HasPrefix(source, "git@")) && command.Checksum == "" {
				d.add("add", line, "copy it from the repository, or add --checksum", "ADD fetches %s without a checksum", source)
			}
		}
	case *instructions.CopyCommand:
		if from := strings.ToLower(command.From); from != "" && !slices.Contains(stages, from) && !chosen.MatchString(from) {
			d.add("copy", line, "name an earlier stage, or an image with a version or a digest", "COPY --from=%s is neither an earlier stage nor an image of a known version", command.From)
		}
	case *instructions.EnvCommand:
		for _, one := range command.Env {
			if secretName.MatchString(one.Key) && one.Value != "" {
				d.add("secret", line, "mount it with RUN --mount=type=secret", "ENV %s puts a secret into the image", one.Key)
			}
		}
	case *instructions.ArgCommand:
		for _, one := range command.Args {
			if secretName.MatchString(one.Key) {
				d.add("secret", line, "mount it with RUN --mount=type=secret", "ARG %s puts a secret into the history of the image", one.Key)
			}
		}
	case *instructions.RunCommand:
		if text := strings.Join(command.CmdLine, " "); piped.MatchString(text) {
			d.add("run", line, "fetch it with a checksum, then run it", "RUN pipes a download into a shell")
		}
	}
}

// checkLast holds that the image runs something, as somebody else than root.
func (d *docker) checkLast(stage instructions.Stage) {
	user, line, runs := "", 0, false
	for _, command := range stage.Commands {
		switch command := command.(type) {
		case *instructions.UserCommand:
			user, line = command.User, lineOf(command)
		case *instructions.EntrypointCommand:
			runs = runs || len(command.CmdLine) > 0
		case *instructions.CmdCommand:
			runs = runs || len(command.CmdLine) > 0
		}
	}
	id, err := strconv.Atoi(strings.SplitN(user, ":", 2)[0])
	switch {
	case user == "":
		d.add("user", line, "end with USER 65532:65532", "the image has no USER, and runs as root")
	case err != nil:
		d.add("user", line, "use a number, such as USER 65532:65532", "USER %s is no number, so that Kubernetes cannot check runAsNonRoot", user)
	case id == 0:
		d.add("user", line, "use another number, such as USER 65532:65532", "USER %s is root", user)
	}
	if !runs {
		d.add("dockerfile", 0, "add an ENTRYPOINT", "the image has neither ENTRYPOINT nor CMD")
	}
}
