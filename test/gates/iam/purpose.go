package iam

import (
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// purpose is what a use of a role is for: all that it may do, and what it has
// to be able to do. Nothing here goes by logical ids.
type purpose struct {
	// name in findings, such as "a build".
	name string
	may  []grant
	must []request
	// never is what it must not be able to do by any policy, that of the
	// resource included.
	never []request
}

// grant are actions on resources, both as patterns.
type grant struct{ actions, resources []string }

// request is one that a role would make.
type request struct {
	action, resource string
	// context are the values of condition keys.
	context map[string]string
}

var (
	keyUse     = strings.Fields("kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey* kms:ReEncrypt*")
	bucketRead = strings.Fields("s3:GetBucket* s3:GetObject* s3:List*")
	bucketUse  = append(strings.Fields("s3:Abort* s3:DeleteObject* s3:PutObject*"), bucketRead...)
	imageRead  = strings.Fields("ecr:BatchCheckLayerAvailability ecr:BatchGetImage ecr:DescribeImages ecr:GetDownloadUrlForLayer ecr:ListImages")
	imagePush  = strings.Fields("ecr:BatchCheckLayerAvailability ecr:BatchGetImage ecr:CompleteLayerUpload ecr:DescribeImageScanFindings ecr:GetDownloadUrlForLayer ecr:InitiateLayerUpload ecr:PutImage ecr:StartImageScan ecr:UploadLayerPart")
	logWrite   = strings.Fields("logs:CreateLogGroup logs:CreateLogStream logs:DescribeLogGroups logs:DescribeLogStreams logs:PutLogEvents")
	logIn      = grant{[]string{"ecr:GetAuthorizationToken"}, []string{"*"}}
)

// world finds resources by what they are.
type world struct{ *assembly.Assembly }

func (w world) arns(stack *assembly.Stack, kind string) (all []string) {
	for _, r := range w.All(kind) {
		if stack == nil || r.Stack == stack {
			all = append(all, arnOf(w.Assembly, r))
		}
	}
	return all
}

// buckets are those that the stack's pipelines hand their artifacts through.
func (w world) buckets(stack *assembly.Stack) (all []string) {
	for _, pipeline := range stack.All("AWS::CodePipeline::Pipeline") {
		here := resolver{w.Assembly, stack}
		all = append(all, here.anyARN("s3:::"+here.text(pipeline.Get("ArtifactStore", "Location"))))
	}
	return slices.Compact(slices.Sorted(slices.Values(all)))
}

// referred are the ARNs of the resources of a kind that the value refers to.
func (w world) referred(stack *assembly.Stack, value any, kind string) (all []string) {
	for _, id := range assembly.References(value) {
		if r := stack.Resources[id]; r != nil && r.Type == kind {
			all = append(all, arnOf(w.Assembly, r))
		}
	}
	return all
}

// config are the repositories that no pipeline builds from: what Flux follows.
func (w world) config() []string {
	all := w.arns(nil, "AWS::CodeCommit::Repository")
	for _, pipeline := range w.All("AWS::CodePipeline::Pipeline") {
		here := resolver{w.Assembly, pipeline.Stack}
		for _, action := range pipelineActions(here, pipeline) {
			name := here.text(action.configuration["RepositoryName"])
			all = slices.DeleteFunc(all, func(arn string) bool { return strings.HasSuffix(arn, ":"+name) })
		}
	}
	return all
}

// action of a pipeline.
type action struct {
	category, provider, role string
	configuration            map[string]any
}

func pipelineActions(here resolver, pipeline *assembly.Resource) (all []action) {
	for _, stage := range assembly.List(pipeline.Get("Stages")) {
		object, _ := stage.(map[string]any)
		for _, value := range assembly.List(object["Actions"]) {
			one, _ := value.(map[string]any)
			kind, _ := one["ActionTypeId"].(map[string]any)
			configuration, _ := one["Configuration"].(map[string]any)
			category, _ := kind["Category"].(string)
			provider, _ := kind["Provider"].(string)
			all = append(all, action{category, provider, here.text(one["RoleArn"]), configuration})
		}
	}
	return all
}

func ask(resources []string, actions ...string) (all []request) {
	for _, resource := range resources {
		for _, action := range actions {
			all = append(all, request{action: action, resource: resource})
		}
	}
	return all
}

// objects are all in the buckets.
func objects(buckets []string) (all []string) {
	for _, bucket := range buckets {
		all = append(all, bucket, bucket+"/*")
	}
	return all
}

func prefixed(all []string, suffix string) (made []string) {
	for _, one := range all {
		made = append(made, one+suffix)
	}
	return made
}

func without(all, some []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(one string) bool { return slices.Contains(some, one) })
}
