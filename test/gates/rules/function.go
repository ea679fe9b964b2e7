package rules

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// functionRules are about Lambda functions.
var functionRules = []rule{
	{"lambda-runtime", each(runtime, "AWS::Lambda::Function")},
	{"lambda-limits", each(functionLimits, "AWS::Lambda::Function")},
	{"lambda-handler", each(handlerFile, "AWS::Lambda::Function")},
	{"lambda-role", each(functionRole, "AWS::Lambda::Function")},
	{"lambda-layers", each(layers, "AWS::Lambda::Function")},
	{"lambda-order", each(functionOrder, "AWS::Lambda::Function")},
	{"lambda-url", each(functionURL, "AWS::Lambda::Url", "AWS::Lambda::Permission")},
}

func runtime(v *review, r *assembly.Resource) {
	name := v.text(r.Stack, r.Get("Runtime"))
	ends, known := runtimes[name]
	const fix = "use a runtime that Lambda supports, such as python3.13 or nodejs24.x"
	switch {
	case name == "" && v.text(r.Stack, r.Get("PackageType")) == "Image":
	case !known:
		v.wrong(r, fix, "Runtime is %s, which Lambda does not have or no longer supports", shown(name))
	case !v.today.Before(day(ends)):
		v.wrong(r, fix, "Lambda has deprecated the runtime %s on %s", name, ends)
	}
}

// functionLimits are Lambda's.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
func functionLimits(v *review, r *assembly.Resource) {
	if seconds, ok := number(r.Get("Timeout")); r.Get("Timeout") != nil && (!ok || seconds < 1 || seconds > 900) {
		v.wrong(r, "use 1 to 900", "Timeout is %s, Lambda takes 1 to 900 seconds", shown(v.text(r.Stack, r.Get("Timeout"))))
	}
	if memory, ok := number(r.Get("MemorySize")); r.Get("MemorySize") != nil && (!ok || memory < 128 || memory > 10240) {
		v.wrong(r, "use 128 to 10240", "MemorySize is %s, Lambda takes 128 to 10240 MiB", shown(v.text(r.Stack, r.Get("MemorySize"))))
	}
	if n, ok := number(r.Get("ReservedConcurrentExecutions")); ok && n < 1 {
		v.wrong(r, "remove ReservedConcurrentExecutions", "ReservedConcurrentExecutions is %v: the function never runs", n)
	}
	for _, architecture := range v.texts(r.Stack, r.Get("Architectures")) {
		if architecture != "x86_64" && architecture != "arm64" {
			v.wrong(r, "use x86_64 or arm64", "Architectures has %s, want \"x86_64\" or \"arm64\"", shown(architecture))
		}
		// kubectl, helm and the AWS CLI come as binaries for one architecture.
		if architecture == "arm64" && len(assembly.List(r.Get("Layers"))) > 0 {
			v.wrong(r, "remove Architectures", "the function runs on arm64, and its layers hold binaries for x86_64")
		}
	}
}

// extensions are those of a runtime's source files.
var extensions = map[string][]string{"nodejs": {".js", ".mjs", ".cjs"}, "python": {".py"}, "ruby": {".rb"}}

// handlerFile wants the file that Handler names to be in the asset.
func handlerFile(v *review, r *assembly.Resource) {
	if code := at(r.Properties, "Code", "ZipFile"); code != nil {
		return // inline code is always the file index
	}
	handler := v.text(r.Stack, r.Get("Handler"))
	file, function, ok := cutLast(handler, ".")
	if !ok || file == "" || function == "" {
		v.wrong(r, "write file.function", "Handler is %s, want file.function", shown(handler))
		return
	}
	asset := v.assembly.Asset(v.text(r.Stack, r.Get("Code", "S3Key")))
	if asset == nil {
		v.wrong(r, "use the object key of the function's asset", "Code.S3Key is %s, and no asset of the assembly is uploaded so", shown(v.text(r.Stack, r.Get("Code", "S3Key"))))
		return
	}
	language := strings.TrimRight(v.text(r.Stack, r.Get("Runtime")), "0123456789.x")
	if info, err := os.Stat(asset.Path); err != nil || !info.IsDir() || extensions[language] == nil {
		return // an archive, or a compiled language
	}
	for _, extension := range extensions[language] {
		content, err := os.ReadFile(filepath.Join(asset.Path, file+extension))
		if err != nil {
			continue
		}
		if !strings.Contains(string(content), function) {
			v.wrong(r, "name a function of "+file+extension, "Handler is %s, and %s has no %s", shown(handler), file+extension, function)
		}
		return
	}
	v.wrong(r, "name a file of the asset and a runtime of its language", "Handler is %s with the runtime %s, and the asset has no %s%s",
		shown(handler), v.text(r.Stack, r.Get("Runtime")), file, strings.Join(extensions[language], "|"))
}

func cutLast(text, separator string) (before, after string, found bool) {
	if i := strings.LastIndex(text, separator); i >= 0 {
		return text[:i], text[i+len(separator):], true
	}
	return text, "", false
}

// functionRole wants a role that may write the log and, in a VPC, make interfaces.
func functionRole(v *review, r *assembly.Resource) {
	role := v.target(r.Stack, r.Get("Role"))
	if role == nil || role.Type != "AWS::IAM::Role" {
		v.wrong(r, "refer to a role of the stack", "Role is %s, want a role", shown(v.text(r.Stack, r.Get("Role"))))
		return
	}
	has := func(suffix string, actions ...string) bool {
		for _, arn := range v.texts(role.Stack, role.Get("ManagedPolicyArns")) {
			if base(arn) == suffix || base(arn) == "AWSLambdaVPCAccessExecutionRole" && suffix == "AWSLambdaBasicExecutionRole" {
				return true
			}
		}
		return slices.ContainsFunc(v.statements(role), func(s any) bool {
			return !slices.ContainsFunc(actions, func(a string) bool { return !v.allows(s, a) })
		})
	}
	if !has("AWSLambdaBasicExecutionRole", "logs:PutLogEvents") {
		v.wrong(role, "add service-role/AWSLambdaBasicExecutionRole", "the function %s may not write its log", r.LogicalID)
	}
	if len(subnetIDs(r)) > 0 && !has("AWSLambdaVPCAccessExecutionRole", "ec2:CreateNetworkInterface") {
		v.wrong(role, "add service-role/AWSLambdaVPCAccessExecutionRole", "the function %s is in a VPC and may not make a network interface there", r.LogicalID)
	}
}

func layers(v *review, r *assembly.Resource) {
	all := assembly.List(r.Get("Layers"))
	if len(all) > 5 {
		v.wrong(r, "use 5 layers or fewer", "the function has %d layers, Lambda takes 5", len(all))
	}
	for _, layer := range all {
		target := v.target(r.Stack, layer)
		if target != nil && target.Type != "AWS::Lambda::LayerVersion" || target == nil && !strings.Contains(v.text(r.Stack, layer), ":layer:") {
			v.wrong(r, "refer to an AWS::Lambda::LayerVersion", "Layers has %s, which is no layer", shown(v.text(r.Stack, layer)))
		}
	}
}

// functionOrder wants the function's rights first: custom resources call it the
// moment that it is made.
func functionOrder(v *review, r *assembly.Resource) {
	role := v.target(r.Stack, r.Get("Role"))
	if role == nil || role.Stack != r.Stack {
		return
	}
	for _, policy := range v.policiesOf(role) {
		if !after(r, policy) && !after(policy, r) {
			v.wrong(r, "add DependsOn "+policy.LogicalID, "the function may be called before its role's policy %s is there: the calls that it makes are denied", policy.LogicalID)
		}
	}
}

// functionURL wants no function to be called from the internet [Lambda.1].
func functionURL(v *review, r *assembly.Resource) {
	if r.Type == "AWS::Lambda::Url" && v.text(r.Stack, r.Get("AuthType")) != "AWS_IAM" {
		v.wrong(r, "set AuthType to AWS_IAM", "anybody may call the function")
	}
	if r.Type == "AWS::Lambda::Permission" && v.text(r.Stack, r.Get("Principal")) == "*" {
		v.wrong(r, "name the principal", "everybody may call the function")
	}
}
