package replay

import (
	"errors"
	"fmt"
	"strings"
)

// Values stand for what only AWS could say.
type Values struct {
	// Account and Region of stacks that leave them open. Default 000000000000 and us-east-1.
	Account, Region string
	// Partition and URLSuffix. Default aws and amazonaws.com.
	Partition, URLSuffix string
	// Known are the values of resources of AWS, as "<stack>/<logical id>" for a
	// Ref and "<stack>/<logical id>.<attribute>" for an attribute. Names that the
	// template itself gives, and ARNs, need none.
	Known map[string]string
}

func (v *Values) setDefaults() {
	for _, d := range []struct {
		value    *string
		standard string
	}{{&v.Account, "000000000000"}, {&v.Region, "us-east-1"}, {&v.Partition, "aws"}, {&v.URLSuffix, "amazonaws.com"}} {
		if *d.value == "" {
			*d.value = d.standard
		}
	}
}

// named are the types whose Ref is a property, when the template sets it.
var named = map[string]string{
	"AWS::EKS::Cluster":    "Name",
	"AWS::ECR::Repository": "RepositoryName",
	"AWS::S3::Bucket":      "BucketName",
	"AWS::IAM::Role":       "RoleName",
}

func (v *Values) account(s *Stack) string { return either(s.Account, v.Account) }
func (v *Values) region(s *Stack) string  { return either(s.Region, v.Region) }

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// errNoValue is the answer of AWS::NoValue: what holds it is left out.
var errNoValue = errors.New("AWS::NoValue")

// pseudo resolves a pseudo parameter.
func (v *Values) pseudo(s *Stack, name string) (string, error) {
	switch name {
	case "AWS::AccountId":
		return v.account(s), nil
	case "AWS::Region":
		return v.region(s), nil
	case "AWS::Partition":
		return v.Partition, nil
	case "AWS::URLSuffix":
		return v.URLSuffix, nil
	case "AWS::StackName":
		return s.Name, nil
	case "AWS::StackId":
		return v.stackID(s), nil
	case "AWS::NoValue":
		return "", errNoValue
	}
	return "", fmt.Errorf("replay does not know the pseudo parameter %s", name)
}

func (v *Values) stackID(s *Stack) string {
	return fmt.Sprintf("arn:%s:cloudformation:%s:%s:stack/%s/00000000-0000-0000-0000-000000000000", v.Partition, v.region(s), v.account(s), s.Name)
}

// arn is made up, but the same for every reference to a resource, and no two
// resources share one.
func (v *Values) arn(r *Resource) string {
	service := strings.ToLower(strings.Split(r.Type, "::")[1])
	return fmt.Sprintf("arn:%s:%s:%s:%s:%s/%s", v.Partition, service, v.region(r.Stack), v.account(r.Stack), r.Stack.Name, r.LogicalID)
}
