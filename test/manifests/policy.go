package manifests

import (
	"context"
	"fmt"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/cel/environment"
)

// compile builds a policy with the API server's own compiler and evaluator; only the
// few lines that assemble them are not exported there.
func compile(policy *admissionv1.ValidatingAdmissionPolicy) (validating.Validator, error) {
	compiler, err := cel.NewCompositedCompiler(environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()))
	if err != nil {
		return nil, err
	}
	options := cel.OptionalVariableDeclarations{HasParams: policy.Spec.ParamKind != nil, HasAuthorizer: true}
	var variables []cel.NamedExpressionAccessor
	for i := range policy.Spec.Variables {
		variables = append(variables, &validating.Variable{
			Name: policy.Spec.Variables[i].Name, Expression: policy.Spec.Variables[i].Expression})
	}
	compiler.CompileAndStoreVariables(variables, options, environment.NewExpressions)

	var validations, messages, conditions []cel.ExpressionAccessor
	for _, v := range policy.Spec.Validations {
		validations = append(validations, &validating.ValidationCondition{Expression: v.Expression, Message: v.Message, Reason: v.Reason})
		messages = append(messages, &validating.MessageExpressionCondition{MessageExpression: v.MessageExpression})
	}
	for i := range policy.Spec.MatchConditions {
		conditions = append(conditions, (*matchconditions.MatchCondition)(&policy.Spec.MatchConditions[i]))
	}
	return validating.NewValidator(
		compiler.CompileCondition(validations, options, environment.NewExpressions),
		matchconditions.NewMatcher(compiler.CompileCondition(conditions, options, environment.NewExpressions),
			policy.Spec.FailurePolicy, "policy", "validate", policy.Name),
		compiler.CompileCondition(nil, options, environment.NewExpressions),
		compiler.CompileCondition(messages, cel.OptionalVariableDeclarations{HasParams: policy.Spec.ParamKind != nil}, environment.NewExpressions),
		policy.Spec.FailurePolicy, nil), nil
}

// covers says whether the policy's rules name the object's resource.
func covers(policy *admissionv1.ValidatingAdmissionPolicy, object Object, subresource string) bool {
	gvk := object.Raw.GroupVersionKind()
	resource, _ := meta.UnsafeGuessKindToResource(gvk)
	name := strings.TrimSuffix(resource.Resource+"/"+subresource, "/")
	for _, rule := range policy.Spec.MatchConstraints.ResourceRules {
		if slices.Contains(rule.APIGroups, gvk.Group) && slices.Contains(rule.APIVersions, gvk.Version) && slices.Contains(rule.Resources, name) {
			return true
		}
	}
	return false
}

// Request is one to the API server, as far as admission policies ask about it.
type Request struct {
	Object Object
	// Old is the object before an update. Default: it is created.
	Old *Object
	// Subresource, such as token. Default none.
	Subresource string
	// User's name. Default nobody.
	User string
	// Labels of the object's namespace. Default: those of a tenant of the same name.
	Labels map[string]string
	// Params is the object that a policy with paramKind is asked about. Default none.
	Params runtime.Object
}

// Refusal says why a policy refuses a request, one for a resource and an operation
// that its rules name; "" means that it is admitted.
func Refusal(policy *admissionv1.ValidatingAdmissionPolicy, request Request) (string, error) {
	validator, err := compile(policy)
	if err != nil {
		return "", err
	}
	return refusal(validator, request), nil
}

func refusal(validator validating.Validator, request Request) string {
	object := request.Object
	gvk := object.Raw.GroupVersionKind()
	resource, _ := meta.UnsafeGuessKindToResource(gvk)
	labels := request.Labels
	if labels == nil {
		labels = map[string]string{tenantLabel: object.Raw.GetNamespace()}
	}
	operation, old := admission.Create, runtime.Object(nil)
	if request.Old != nil {
		operation, old = admission.Update, request.Old.Typed
	}
	attributes := &admission.VersionedAttributes{
		Attributes: admission.NewAttributesRecord(object.Typed, old, gvk, object.Raw.GetNamespace(), object.Raw.GetName(),
			resource, request.Subresource, operation, &metav1.CreateOptions{}, false, &user.DefaultInfo{Name: request.User}),
		VersionedObject:    object.Typed,
		VersionedOldObject: old,
		VersionedKind:      gvk,
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: object.Raw.GetNamespace(), Labels: labels}}
	result := validator.Validate(context.Background(), resource, attributes, request.Params, namespace, celconfig.RuntimeCELCostBudget, nil)
	for _, decision := range result.Decisions {
		if decision.Action == validating.ActionDeny {
			return string(decision.Reason) + ": " + decision.Message
		}
	}
	return ""
}

// PolicyProblems are the errors of a policy's expressions, in the words of the
// API server's compiler.
func PolicyProblems(policy *admissionv1.ValidatingAdmissionPolicy) []string {
	compiler, err := cel.NewCompositedCompiler(environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()))
	if err != nil {
		return []string{err.Error()}
	}
	options := cel.OptionalVariableDeclarations{HasParams: policy.Spec.ParamKind != nil, HasAuthorizer: true}
	var problems []string
	note := func(where string, result cel.CompilationResult) {
		if result.Error != nil {
			problems = append(problems, where+": "+result.Error.Error())
		}
	}
	for _, v := range policy.Spec.Variables {
		note("variable "+v.Name, compiler.CompileAndStoreVariable(&validating.Variable{Name: v.Name, Expression: v.Expression}, options, environment.NewExpressions))
	}
	for _, c := range policy.Spec.MatchConditions {
		note("match condition "+c.Name, compiler.CompileCELExpression((*matchconditions.MatchCondition)(&c), options, environment.NewExpressions))
	}
	for i, v := range policy.Spec.Validations {
		note(fmt.Sprintf("validation %d", i+1), compiler.CompileCELExpression(&validating.ValidationCondition{Expression: v.Expression}, options, environment.NewExpressions))
		if v.MessageExpression != "" {
			note(fmt.Sprintf("message of validation %d", i+1), compiler.CompileCELExpression(&validating.MessageExpressionCondition{MessageExpression: v.MessageExpression},
				cel.OptionalVariableDeclarations{HasParams: policy.Spec.ParamKind != nil}, environment.NewExpressions))
		}
	}
	if len(policy.Spec.Validations) == 0 {
		problems = append(problems, "it has no validations, and refuses nothing")
	}
	return problems
}
