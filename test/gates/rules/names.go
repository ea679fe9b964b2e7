package rules

import (
	"regexp"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// nameRules are about explicit names.
var nameRules = []rule{
	{"name-shape", each(nameShape)},
	{"name-unique", nameUnique},
	{"tags", each(tags)},
}

// shape of a name, and how to say it.
type shape struct {
	property string
	pattern  *regexp.Regexp
	says     string
}

// shapes are what AWS takes, by type; each is in the type's API reference.
var shapes = map[string]shape{
	"AWS::IAM::Role":              {"RoleName", regexp.MustCompile(`^[\w+=,.@-]{1,64}$`), "at most 64 letters, digits and +=,.@-_"},
	"AWS::IAM::Policy":            {"PolicyName", regexp.MustCompile(`^[\w+=,.@-]{1,128}$`), "at most 128 letters, digits and +=,.@-_"},
	"AWS::IAM::ManagedPolicy":     {"ManagedPolicyName", regexp.MustCompile(`^[\w+=,.@-]{1,128}$`), "at most 128 letters, digits and +=,.@-_"},
	"AWS::S3::Bucket":             {"BucketName", regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`), "3 to 63 of a-z, 0-9, '.' and '-'"},
	"AWS::Lambda::Function":       {"FunctionName", regexp.MustCompile(`^[\w-]{1,64}$`), "at most 64 letters, digits, '-' and '_'"},
	"AWS::Logs::LogGroup":         {"LogGroupName", regexp.MustCompile(`^[\w./#-]{1,512}$`), "at most 512 letters, digits and ./_#-"},
	"AWS::KMS::Alias":             {"AliasName", regexp.MustCompile(`^alias/[\w/-]{1,250}$`), "alias/ and at most 250 letters, digits, '/', '_' and '-'"},
	"AWS::ECR::Repository":        {"RepositoryName", regexp.MustCompile(`^[a-z0-9]+([._-][a-z0-9]+)*(/[a-z0-9]+([._-][a-z0-9]+)*)*$`), "a-z, 0-9 and '.', '_', '-', '/' between them"},
	"AWS::CodeCommit::Repository": {"RepositoryName", regexp.MustCompile(`^[\w.-]{1,100}$`), "at most 100 letters, digits, '.', '_' and '-'"},
	"AWS::CodeBuild::Project":     {"Name", regexp.MustCompile(`^[A-Za-z0-9][\w-]{1,149}$`), "2 to 150 letters, digits, '-' and '_'"},
	"AWS::CodePipeline::Pipeline": {"Name", regexp.MustCompile(`^[\w.@-]{1,100}$`), "at most 100 letters, digits and .@-_"},
	"AWS::EKS::Cluster":           {"Name", regexp.MustCompile(`^[0-9A-Za-z][\w-]{0,99}$`), "at most 100 letters, digits, '-' and '_'"},
	"AWS::EKS::Nodegroup":         {"NodegroupName", regexp.MustCompile(`^[0-9A-Za-z][\w-]{0,62}$`), "at most 63 letters, digits, '-' and '_'"},
	"AWS::SNS::Topic":             {"TopicName", regexp.MustCompile(`^[\w-]{1,256}(\.fifo)?$`), "at most 256 letters, digits, '-' and '_'"},
	"AWS::SQS::Queue":             {"QueueName", regexp.MustCompile(`^[\w-]{1,75}(\.fifo)?$`), "at most 80 letters, digits, '-' and '_'"},
	"AWS::Events::Rule":           {"Name", regexp.MustCompile(`^[\w.-]{1,64}$`), "at most 64 letters, digits and .-_"},
	"AWS::SSM::Parameter":         {"Name", regexp.MustCompile(`^/?[\w.-]+(/[\w.-]+)*$`), "letters, digits and .-_ between '/'"},
	"AWS::EC2::SecurityGroup":     {"GroupName", regexp.MustCompile(`^[\w .:/()#,@\[\]+=&;{}!$*-]{1,255}$`), "at most 255 letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*"},
	"AWS::EC2::LaunchTemplate":    {"LaunchTemplateName", regexp.MustCompile(`^[\w()./-]{3,128}$`), "3 to 128 letters, digits and ().-/_"},
}

func nameShape(v *review, r *assembly.Resource) {
	s, known := shapes[r.Type]
	if !known {
		return
	}
	name, isText := r.Get(s.property).(string)
	if isText && !s.pattern.MatchString(name) {
		v.wrong(r, "use "+s.says, "%s is %s, AWS takes %s", s.property, shown(name), s.says)
	}
	if description, ok := r.Get("GroupDescription").(string); ok && (len(description) > 255 || !s.pattern.MatchString(description)) {
		v.wrong(r, "use "+s.says, "GroupDescription is %s, EC2 takes %s", shown(description), s.says)
	}
	if r.Type == "AWS::IAM::Role" && len(v.text(r.Stack, r.Get("Description"))) > 1000 {
		v.wrong(r, "use 1000 characters or fewer", "Description is longer than the 1000 characters that IAM takes")
	}
}

// nameUnique wants a name once in an account and Region.
func nameUnique(v *review) {
	seen := map[string]*assembly.Resource{}
	for _, r := range v.assembly.All() {
		s, known := shapes[r.Type]
		name := ""
		if known {
			name = v.text(r.Stack, r.Get(s.property))
		}
		// Inline policies are named within their role, and CloudFormation makes other names up.
		if name == "" || r.Type == "AWS::IAM::Policy" || r.Type == "AWS::EKS::Nodegroup" {
			continue
		}
		key := r.Stack.Account + r.Stack.Region + r.Type + name
		if other := seen[key]; other != nil {
			v.wrong(r, "name it differently", "%s is %s, which is also that of %s/%s", s.property, shown(name), other.Stack.ID, other.LogicalID)
		}
		seen[key] = r
	}
}

// tags are what AWS takes of those that belong to a user.
// https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
func tags(v *review, r *assembly.Resource) {
	all := tagsOf(r)
	for key, value := range all {
		text := v.text(r.Stack, value)
		switch {
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			v.wrong(r, "use another prefix", "it has the tag %s, and AWS keeps names with aws: for itself", shown(key))
		case key == "" || len(key) > 128:
			v.wrong(r, "use 1 to 128 characters", "the tag %s has a name of %d characters, AWS takes 1 to 128", shown(key), len(key))
		case len(text) > 256:
			v.wrong(r, "use 256 characters or fewer", "the tag %s has a value of %d characters, AWS takes 256", shown(key), len(text))
		}
	}
	if len(all) > 50 {
		v.wrong(r, "use 50 or fewer", "it has %d tags, AWS takes 50", len(all))
	}
}
