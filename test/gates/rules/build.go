package rules

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// buildRules are about CodeBuild projects.
var buildRules = []rule{
	{"build-image", each(buildImage, "AWS::CodeBuild::Project")},
	{"build-compute", each(buildCompute, "AWS::CodeBuild::Project")},
	{"build-platform", each(buildPlatform, "AWS::CodeBuild::Project")},
	{"build-privileged", each(privileged, "AWS::CodeBuild::Project")},
	{"build-timeout", each(buildTimeout, "AWS::CodeBuild::Project")},
	{"build-variables", each(buildVariables, "AWS::CodeBuild::Project")},
	{"build-artifacts", each(buildArtifacts, "AWS::CodeBuild::Project")},
	{"build-role", each(buildRole, "AWS::CodeBuild::Project")},
	{"build-repository", each(buildRepository, "AWS::CodeBuild::Project")},
	{"build-settings", each(buildSettings, "AWS::CodeBuild::Project")},
}

// buildImages are AWS's current images, with the type of machine they run on.
// https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-available.html
var buildImages = map[string]string{
	"aws/codebuild/amazonlinux-x86_64-standard:5.0":  "LINUX_CONTAINER",
	"aws/codebuild/amazonlinux-aarch64-standard:3.0": "ARM_CONTAINER",
	"aws/codebuild/standard:7.0":                     "LINUX_CONTAINER",
}

// computeTypes are those of on-demand machines, by type of machine.
// https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-compute-types.html
var computeTypes = map[string][]string{
	"LINUX_CONTAINER": {"BUILD_GENERAL1_SMALL", "BUILD_GENERAL1_MEDIUM", "BUILD_GENERAL1_LARGE", "BUILD_GENERAL1_XLARGE", "BUILD_GENERAL1_2XLARGE"},
	"ARM_CONTAINER":   {"BUILD_GENERAL1_SMALL", "BUILD_GENERAL1_MEDIUM", "BUILD_GENERAL1_LARGE", "BUILD_GENERAL1_XLARGE", "BUILD_GENERAL1_2XLARGE"},
}

func buildImage(v *review, r *assembly.Resource) {
	image, machine := v.text(r.Stack, r.Get("Environment", "Image")), v.text(r.Stack, r.Get("Environment", "Type"))
	want, known := buildImages[image]
	switch {
	case !strings.HasPrefix(image, "aws/codebuild/"):
		if !strings.Contains(image, "@sha256:") {
			v.wrong(r, "use one of CodeBuild's own images, or add the digest", "Image is %s, want one of CodeBuild's own or one with a digest", shown(image))
		}
	case !known:
		v.wrong(r, "use "+one(keys(buildImages)), "CodeBuild has no current image %s", shown(image))
	case want != machine:
		v.wrong(r, "set Environment.Type to "+want, "Environment.Type is %s, the image %s runs on %s", shown(machine), image, want)
	}
	if pull := v.text(r.Stack, r.Get("Environment", "ImagePullCredentialsType")); known && pull != "" && pull != "CODEBUILD" {
		v.wrong(r, "set ImagePullCredentialsType to CODEBUILD", "ImagePullCredentialsType is %s, CodeBuild's own images are pulled with its own credentials", shown(pull))
	}
}

func buildCompute(v *review, r *assembly.Resource) {
	machine, size := v.text(r.Stack, r.Get("Environment", "Type")), v.text(r.Stack, r.Get("Environment", "ComputeType"))
	sizes, known := computeTypes[machine]
	switch {
	case !known:
		v.wrong(r, "use LINUX_CONTAINER or ARM_CONTAINER", "Environment.Type is %s, want \"LINUX_CONTAINER\" or \"ARM_CONTAINER\"", shown(machine))
	case !slices.Contains(sizes, size):
		v.wrong(r, "use "+one(sizes), "ComputeType is %s, %s has %s", shown(size), machine, one(sizes))
	}
}

// buildPlatform wants images built on a machine of their own architecture:
// BuildKit would emulate the other one, ten times slower, or fail.
func buildPlatform(v *review, r *assembly.Resource) {
	platform, _ := v.variable(r, "PLATFORM")
	want := map[string]string{"linux/amd64": "LINUX_CONTAINER", "linux/arm64": "ARM_CONTAINER"}[platform]
	switch machine := v.text(r.Stack, r.Get("Environment", "Type")); {
	case platform == "":
	case want == "":
		v.wrong(r, "use linux/amd64 or linux/arm64", "PLATFORM is %s, want \"linux/amd64\" or \"linux/arm64\"", shown(platform))
	case machine != want && strings.Contains(v.buildSpec(r), "buildx build "):
		v.wrong(r, "set Environment.Type to "+want, "PLATFORM is %s, but Environment.Type is %s", platform, machine)
	}
}

// variable is a project's environment variable.
func (v *review) variable(project *assembly.Resource, name string) (string, bool) {
	for _, variable := range assembly.List(project.Get("Environment", "EnvironmentVariables")) {
		if at(variable, "Name") == name {
			return v.text(project.Stack, at(variable, "Value")), true
		}
	}
	return "", false
}

func (v *review) buildSpec(project *assembly.Resource) string {
	return v.text(project.Stack, project.Get("Source", "BuildSpec"))
}

// privileged wants the Docker daemon where docker is called, and nowhere else [CodeBuild.5].
func privileged(v *review, r *assembly.Resource) {
	usesDocker := strings.Contains(v.buildSpec(r), "docker ")
	switch isPrivileged := isTrue(r.Get("Environment", "PrivilegedMode")); {
	case usesDocker && !isPrivileged:
		v.wrong(r, "set Environment.PrivilegedMode to true", "the build calls docker, whose daemon only runs with PrivilegedMode")
	case !usesDocker && isPrivileged:
		v.wrong(r, "set Environment.PrivilegedMode to false", "PrivilegedMode is on, and the build does not call docker")
	}
}

// longestBuild is what a build of an image and its scan never takes, in minutes.
const longestBuild = 120

// longestScan is how long a build waits for the scan of its image, in minutes,
// and building takes some, too.
const longestScan = 10

func buildTimeout(v *review, r *assembly.Resource) {
	minutes, ok := number(r.Get("TimeoutInMinutes"))
	if !ok || minutes < 5 || minutes > longestBuild {
		v.wrong(r, "set TimeoutInMinutes to 45", "TimeoutInMinutes is %s, want 5 to %d: CodeBuild takes no less, and a hanging build costs by the minute",
			shown(v.text(r.Stack, r.Get("TimeoutInMinutes"))), longestBuild)
	}
	if ok && minutes <= longestScan && strings.Contains(v.buildSpec(r), "describe-image-scan-findings") {
		v.wrong(r, "set TimeoutInMinutes to 45", "TimeoutInMinutes is %v, and the build waits up to %d minutes for the scan of its image", minutes, longestScan)
	}
}

// buildVariables wants known types, and each name once.
func buildVariables(v *review, r *assembly.Resource) {
	seen := map[string]bool{}
	for _, variable := range assembly.List(r.Get("Environment", "EnvironmentVariables")) {
		name := v.text(r.Stack, at(variable, "Name"))
		if seen[name] {
			v.wrong(r, "keep one of the two", "the environment variable %s is set twice", name)
		}
		seen[name] = true
		if kind := v.text(r.Stack, at(variable, "Type")); !slices.Contains([]string{"", "PLAINTEXT", "PARAMETER_STORE", "SECRETS_MANAGER"}, kind) {
			v.wrong(r, "use PLAINTEXT, PARAMETER_STORE or SECRETS_MANAGER", "the environment variable %s has the type %s", name, shown(kind))
		}
		if v.text(r.Stack, at(variable, "Value")) == "" {
			v.wrong(r, "give it a value", "the environment variable %s is empty", name)
		}
	}
}

// buildArtifacts wants both ends of a pipeline's build to be the pipeline, and
// what is written encrypted.
func buildArtifacts(v *review, r *assembly.Resource) {
	source, artifacts := v.text(r.Stack, r.Get("Source", "Type")), v.text(r.Stack, r.Get("Artifacts", "Type"))
	if (source == "CODEPIPELINE") != (artifacts == "CODEPIPELINE") {
		v.wrong(r, "set both types to CODEPIPELINE", "Source.Type is %s and Artifacts.Type is %s, CodeBuild takes CODEPIPELINE for both or neither", shown(source), shown(artifacts))
	}
	if isTrue(r.Get("Artifacts", "EncryptionDisabled")) {
		v.wrong(r, "remove EncryptionDisabled", "artifacts are not encrypted")
	}
	if isTrue(r.Get("Source", "InsecureSsl")) {
		v.wrong(r, "remove InsecureSsl", "the source is fetched without checking certificates")
	}
	if source == "CODEPIPELINE" && !slices.ContainsFunc(v.actions(), func(a action) bool { return v.project(a) == r }) {
		v.wrong(r, "add an action to a pipeline, or remove it", "no pipeline runs the project")
	}
}

func buildRole(v *review, r *assembly.Resource) {
	role := v.target(r.Stack, r.Get("ServiceRole"))
	if role == nil || role.Type != "AWS::IAM::Role" {
		v.wrong(r, "refer to a role of the stack", "ServiceRole is %s, want a role", shown(v.text(r.Stack, r.Get("ServiceRole"))))
		return
	}
	group := v.target(r.Stack, r.Get("LogsConfig", "CloudWatchLogs", "GroupName"))
	for _, statement := range v.statements(role) {
		if group != nil && v.allows(statement, "logs:PutLogEvents") && v.refersTo(role.Stack, at(statement, "Resource"), group) {
			return
		}
	}
	if group != nil {
		v.wrong(role, "allow logs:CreateLogStream and logs:PutLogEvents on "+group.LogicalID, "the role may not write the log of the build %s", r.LogicalID)
	}
}

// buildRepository wants the registry that a build pushes to and scans to be one.
func buildRepository(v *review, r *assembly.Resource) {
	values := map[string]any{}
	for _, variable := range assembly.List(r.Get("Environment", "EnvironmentVariables")) {
		values[v.text(r.Stack, at(variable, "Name"))] = at(variable, "Value")
	}
	name, uri := v.targets(r.Stack, values["REPOSITORY_NAME"]), v.targets(r.Stack, values["REPOSITORY_URI"])
	if values["REPOSITORY_NAME"] == nil || values["REPOSITORY_URI"] == nil {
		return
	}
	if len(name) == 0 || name[0].Type != "AWS::ECR::Repository" || !slices.Contains(uri, name[0]) {
		v.wrong(r, "refer to the app's ECR repository in both", "REPOSITORY_NAME is %s and REPOSITORY_URI is %s, want one ECR repository of the stack",
			shown(v.text(r.Stack, values["REPOSITORY_NAME"])), shown(v.text(r.Stack, values["REPOSITORY_URI"])))
	}
}

var pinnedImage = regexp.MustCompile(`^[a-z0-9][a-z0-9./:_-]*@sha256:[0-9a-f]{64}$`)

// thresholds of the image scan, as the build script knows them.
var thresholds = []string{"critical", "high", "low", "medium", "none"}

// buildSettings wants values that the build script can work with.
func buildSettings(v *review, r *assembly.Resource) {
	if value, ok := v.variable(r, "SCAN_THRESHOLD"); ok && !slices.Contains(thresholds, value) {
		v.wrong(r, "use "+one(thresholds), "SCAN_THRESHOLD is %s, the build knows %s", shown(value), one(thresholds))
	}
	if value, ok := v.variable(r, "BUILDKIT_IMAGE"); ok && !pinnedImage.MatchString(value) {
		v.wrong(r, "write name:tag@sha256:<64 hexadecimal digits>", "BUILDKIT_IMAGE is %s, want an image with its digest", shown(value))
	}
	tag, ok := v.variable(r, "CACHE_TAG")
	if !ok {
		return
	}
	for _, variable := range assembly.List(r.Get("Environment", "EnvironmentVariables")) {
		if at(variable, "Name") != "REPOSITORY_NAME" {
			continue
		}
		repository := v.target(r.Stack, at(variable, "Value"))
		if repository == nil || repository.Get("ImageTagMutability") == "MUTABLE" {
			continue
		}
		if !slices.ContainsFunc(assembly.List(repository.Get("ImageTagMutabilityExclusionFilters")), func(filter any) bool {
			ok, err := path.Match(v.text(repository.Stack, at(filter, "ImageTagMutabilityExclusionFilterValue")), tag)
			return err == nil && ok
		}) {
			v.wrong(repository, "exclude the tags "+tag+"* from immutability", "the build %s overwrites the tag %s, which the repository does not let it", r.LogicalID, tag)
		}
	}
}
