package replay

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

// Requests of CloudFormation to a custom resource.
const (
	Create = "Create"
	Update = "Update"
	Delete = "Delete"
)

// event is what CloudFormation sends.
type event struct {
	RequestType           string
	ResourceType          string
	ResourceProperties    map[string]any
	OldResourceProperties map[string]any `json:",omitempty"`
	PhysicalResourceID    string         `json:"PhysicalResourceId,omitempty"`
	LogicalResourceID     string         `json:"LogicalResourceId"`
	StackID               string         `json:"StackId"`
	RequestID             string         `json:"RequestId"`
	ResponseURL           string
	ServiceToken          string
}

// answer is what comes back to CloudFormation.
type answer struct {
	Status             string
	Reason             string
	PhysicalResourceID string         `json:"PhysicalResourceId"`
	Data               map[string]any `json:",omitempty"`
	StackID            string         `json:"StackId"`
	LogicalResourceID  string         `json:"LogicalResourceId"`
	RequestID          string         `json:"RequestId"`
}

const (
	success = "SUCCESS"
	failed  = "FAILED"
	// createFailed is the name that the framework gives to what it could not
	// create. It answers the deletion of such a thing without asking the handler.
	createFailed = "AWSCDK::CustomResourceProviderFramework::CREATE_FAILED"
	// responseLimit is what CloudFormation takes in. A longer answer is a failure
	// that hides its reason.
	// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
	responseLimit = 4096
	// traceLength is about what the framework's own stack trace adds to a reason.
	traceLength = 300
	// defaultServiceTimeout is CloudFormation's patience with a custom resource.
	defaultServiceTimeout = time.Hour
)

// failure is a request that CloudFormation takes for failed, in its words.
type failure struct{ reason string }

func (f *failure) Error() string { return f.reason }

// framework is CDK's provider framework around the handler.
type framework struct {
	handler *handler
	// function's name, for its log group.
	function string
	// timeout of the functions.
	timeout time.Duration
	scale   float64
}

// send has one request done, as CloudFormation and the framework would see it.
func (f *framework) send(ctx context.Context, dir string, e *event, kill func(context.Context)) (*answer, error) {
	reply := &answer{Status: success, Reason: success, PhysicalResourceID: e.PhysicalResourceID, StackID: e.StackID, LogicalResourceID: e.LogicalResourceID, RequestID: e.RequestID}
	if e.RequestType == Delete && e.PhysicalResourceID == createFailed {
		return reply, nil
	}
	patience, err := serviceTimeout(e)
	if err != nil {
		return nil, err
	}
	payload, err := f.handler.invoke(ctx, dir, e, scaled(min(f.timeout, patience), f.scale), kill)
	if errors.Is(err, errTimeout) {
		// Both functions end at the same time: the framework's does not live to answer.
		return nil, &failure{fmt.Sprintf(
			"CloudFormation did not receive a response from your Custom Resource within %s. Please check your logs for requestId [%s]. The handler's log is %s",
			patience, e.RequestID, filepath.Join(dir, logName))}
	}
	if err != nil {
		return nil, err
	}
	switch {
	case payload.ErrorMessage != nil:
		f.fail(reply, e, *payload.ErrorMessage)
	case payload.Result != nil:
		reply.Data = payload.Result.Data
		if id := payload.Result.PhysicalResourceID; id != "" {
			reply.PhysicalResourceID = id
		}
	}
	if reply.PhysicalResourceID == "" {
		reply.PhysicalResourceID = e.RequestID
	}
	return reply, accept(reply)
}

func (f *framework) fail(reply *answer, e *event, message string) {
	reply.Status = failed
	reply.Reason = fmt.Sprintf("Error: %s\n\nLogs: /aws/lambda/%s\n", message, f.function)
	if e.RequestType == Create {
		reply.PhysicalResourceID = createFailed
	}
}

// accept is CloudFormation reading the answer.
func accept(reply *answer) error {
	text, err := json.Marshal(reply)
	if err != nil {
		return err
	}
	length := len(text)
	if reply.Status == failed {
		length += traceLength
	}
	switch {
	case length > responseLimit:
		reply.PhysicalResourceID = "" // it was not read
		return &failure{fmt.Sprintf("Response object is too long. (%d bytes, CloudFormation takes %d)", length, responseLimit)}
	case reply.Status == failed:
		return &failure{fmt.Sprintf("Received response status [FAILED] from custom resource. Message returned: %s (RequestId: %s)", reply.Reason, reply.RequestID)}
	}
	return nil
}

func serviceTimeout(e *event) (time.Duration, error) {
	value, ok := e.ResourceProperties["ServiceTimeout"]
	if !ok {
		return defaultServiceTimeout, nil
	}
	timeout, err := seconds(value)
	if err != nil || timeout < time.Second || timeout > time.Hour {
		return 0, &failure{fmt.Sprintf("ServiceTimeout must be 1 to 3600 seconds, got %v", value)}
	}
	return timeout, nil
}

func scaled(d time.Duration, scale float64) time.Duration {
	return time.Duration(float64(d) * scale)
}

// newID looks like the identifiers of requests.
func newID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
