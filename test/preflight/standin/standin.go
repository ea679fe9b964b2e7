// Package standin answers a few questions as AWS does, for tests.
package standin

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// Request is what a client asked.
type Request struct {
	// Action is the API's, such as GetCallerIdentity; for EKS, method and path.
	Action string
	// KeyID and Region are those that the request is signed for.
	KeyID, Region string
	// Body is a form, or JSON.
	Body string
}

// Refusal is an error of AWS.
type Refusal struct{ Code, Message string }

func (r *Refusal) Error() string { return r.Code }

// Answers give the body for an action. What has no answer is denied.
type Answers map[string]func(Request) (string, error)

// Say answers everybody the same.
func Say(body string) func(Request) (string, error) {
	return func(Request) (string, error) { return body, nil }
}

// Refuse answers everybody with an error.
func Refuse(code, message string) func(Request) (string, error) {
	return func(Request) (string, error) { return "", &Refusal{code, message} }
}

var credential = regexp.MustCompile(`Credential=([^/]*)/[^/]*/([^/]*)/`)

// Start serves the answers to the SDK of this process, with credentials of account
// 111111111111 in eu-west-1.
func Start(t *testing.T, answers Answers) {
	t.Helper()
	var one sync.Mutex // answers need not be safe for more
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		one.Lock()
		defer one.Unlock()
		body, _ := io.ReadAll(r.Body)
		request := Request{Body: string(body), Action: r.Method + " " + r.URL.Path}
		if signed := credential.FindStringSubmatch(r.Header.Get("Authorization")); signed != nil {
			request.KeyID, request.Region = signed[1], signed[2]
		}
		form, xml := strings.CutPrefix(request.Body, "Action=")
		if xml {
			request.Action, _, _ = strings.Cut(form, "&")
			request.Body, _ = url.QueryUnescape(request.Body)
		} else if target := r.Header.Get("X-Amz-Target"); target != "" {
			request.Action = target[strings.LastIndex(target, ".")+1:]
		}
		answer := answers[request.Action]
		if answer == nil {
			answer = Refuse("AccessDenied", "not authorized to perform "+request.Action)
		}
		said, err := answer(request)
		if refusal, refused := err.(*Refusal); refused {
			w.WriteHeader(http.StatusBadRequest)
			said = fmt.Sprintf(`{"__type": %q, "message": %q}`, refusal.Code, refusal.Message)
			if xml {
				said = fmt.Sprintf("<ErrorResponse><Error><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>", refusal.Code, refusal.Message)
			}
			if xml && strings.Contains(request.Body, "Version=2016-11-15") { // EC2's
				said = fmt.Sprintf("<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors></Response>", refusal.Code, refusal.Message)
			}
		}
		fmt.Fprint(w, said)
	}))
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": "OWN", "AWS_SECRET_ACCESS_KEY": "x", "AWS_SESSION_TOKEN": "",
		"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "", "AWS_PROFILE": "", "AWS_DEFAULT_PROFILE": "",
		"AWS_CONFIG_FILE": t.TempDir() + "/none", "AWS_SHARED_CREDENTIALS_FILE": t.TempDir() + "/none",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1", "AWS_WEB_IDENTITY_TOKEN_FILE": "",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "",
	} {
		t.Setenv(name, value)
	}
}

// Identity are the answers about whom the credentials are of, and what roles they
// may take: those in the accounts.
func Identity(accounts ...string) Answers {
	return Answers{
		"GetCallerIdentity": Say("<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts::111111111111:assumed-role/admin/me</Arn>" +
			"<UserId>U</UserId><Account>111111111111</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"),
		"AssumeRole": func(r Request) (string, error) {
			for _, account := range accounts {
				if strings.Contains(r.Body, "iam::"+account+":role/cdk-hnb659fds-lookup-role-"+account+"-"+r.Region) {
					return "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>LOOKUP" + account + "</AccessKeyId>" +
						"<SecretAccessKey>x</SecretAccessKey><SessionToken>x</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>" +
						"</Credentials></AssumeRoleResult></AssumeRoleResponse>", nil
				}
			}
			return "", &Refusal{"AccessDenied", "not authorized to perform sts:AssumeRole"}
		},
	}
}

// Bootstrap answers with a version of the CDK's bootstrap.
func Bootstrap(version string) func(Request) (string, error) {
	return Say(`{"Parameter": {"Name": "/cdk-bootstrap/hnb659fds/version", "Value": "` + version + `"}}`)
}
