package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"time"

	"gitops-eks/test/e2e/binaries"
)

// Options of [New].
type Options struct {
	// Assembly to deploy, and the Environment in it. Required.
	Assembly    *Assembly
	Environment string
	// Kubeconfig of an administrator of the cluster. Required.
	Kubeconfig string
	// Dir gets a folder for each request, with its event, answer and log. Required.
	Dir string
	// Cache for kubectl and helm. Default: that of the bench's programs.
	Cache string
	// Values stand for what AWS would say.
	Values Values
	// Charts takes the place of charts whose registry is out of reach. Default none: then they fail.
	Charts ChartStandIn
	// NoCharts says why Charts takes the place of every chart, wherever its
	// registry is. Default: only of those out of reach.
	NoCharts string
	// Object may change an object before it is applied, where something of AWS is
	// stood in for. The path is the construct's. Default: nothing is changed.
	Object func(path string, object map[string]any) error
	// Disturb may disturb a request. Default: none is.
	Disturb func(Step) *Disturbance
	// After is called after each request that succeeded. Its error is the deployment's.
	After func(ctx context.Context, step Step) error
	// Progress gets a line for each request. Default: nobody is told.
	Progress io.Writer
	// TimeScale makes the timeouts of CloudFormation and Lambda, and the handler's
	// clock, run faster: 0.1 makes a minute 6 seconds. Default 1.
	TimeScale float64
}

// Disturbance is something that AWS may do to a request. Lambda's asynchronous
// calls come at least once: the framework's function is called again, with the
// same event, after it or its answer was lost.
type Disturbance struct {
	// LoseAnswer lets the handler do its work, and has the same event come again.
	LoseAnswer bool
	// Kill is called when the handler starts. When it returns, the handler is
	// killed with all that it runs, and the same event comes again.
	Kill func(ctx context.Context)
}

// Replay is a deployment to a cluster. It is for one goroutine.
type Replay struct {
	Options
	framework *framework
	cluster   string
	deployed  map[string]*deployed // by stack and logical id
	sequence  int
	// registries are those asked already, and what was wrong with them.
	registries map[string]error
	reachable  func(ctx context.Context, host string) error

	mu    sync.Mutex
	steps []Step
}

// deployed is a resource that exists, or that CloudFormation believes to.
type deployed struct {
	resource   *Resource
	properties map[string]any
	physicalID string
	data       map[string]any
	// creating: its creation was begun and did not succeed.
	creating bool
	// standIn tells why a chart's stand-in made it; empty when the handler did.
	standIn string
	// number orders by creation.
	number int
	last   *event
}

func key(r *Resource) string { return r.Stack.ID + "/" + r.LogicalID }

// New prepares a deployment. It reads the handler out of the assembly and
// unpacks its tools.
func New(ctx context.Context, o Options) (*Replay, error) {
	if o.Assembly == nil || o.Environment == "" || o.Kubeconfig == "" || o.Dir == "" {
		return nil, errors.New("replay: assembly, environment, kubeconfig and folder are required")
	}
	o.Values.setDefaults()
	if o.TimeScale == 0 {
		o.TimeScale = 1
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	var err error
	if o.Dir, err = filepath.Abs(o.Dir); err != nil {
		return nil, err
	}
	if o.Cache == "" {
		if o.Cache, err = binaries.CacheFolder(); err != nil {
			return nil, err
		}
	}
	r := &Replay{Options: o, deployed: map[string]*deployed{}, registries: map[string]error{}, reachable: reachable}
	if err := r.prepare(ctx); err != nil {
		return nil, fmt.Errorf("replay of %s: %w", o.Environment, err)
	}
	return r, nil
}

// prepare finds the cluster and the one function behind all its resources.
func (r *Replay) prepare(ctx context.Context) error {
	resources, err := r.Assembly.InCluster(r.Environment)
	if err != nil {
		return err
	}
	if len(resources) == 0 {
		return errors.New("the assembly has nothing for the cluster")
	}
	resolver := r.resolver(r.Assembly)
	if r.cluster, err = resolver.clusterName(r.Environment); err != nil {
		return err
	}
	tokens := map[string]bool{}
	for _, resource := range resources {
		token, err := resolver.in(resource.Stack).text(resource.Path()+".ServiceToken", resource.Properties["ServiceToken"])
		if err != nil {
			return err
		}
		tokens[token] = true
	}
	if len(tokens) != 1 {
		return fmt.Errorf("want one handler for all resources in the cluster, found %d: %v", len(tokens), sortedKeys(tokens))
	}
	f, err := resolver.function(sortedKeys(tokens)[0])
	if err != nil {
		return err
	}
	path, err := f.unpackTools(r.Cache)
	if err != nil {
		return err
	}
	return r.use(ctx, f, path)
}

// use has the function run with the tools in these folders.
func (r *Replay) use(ctx context.Context, f *function, path []string) error {
	environment := f.environment
	environment["AWS_REGION"] = r.Values.region(f.resource.Stack)
	environment["REPLAY_CLUSTER"], environment["REPLAY_KUBECONFIG"] = r.cluster, r.Kubeconfig
	h, err := newHandler(ctx, r.Dir, f.code, path, environment, r.TimeScale)
	r.framework = &framework{handler: h, function: f.resource.Stack.Name + "-" + f.resource.LogicalID, timeout: f.timeout, scale: r.TimeScale}
	return err
}

// clusterName is the name of the environment's cluster: another one is none
// that the handler could log in to.
func (r *resolver) clusterName(environment string) (string, error) {
	stack := r.assembly.byID(environment + "-cluster")
	var name string
	for _, resource := range stack.template.Resources.ordered {
		if resource.Type != "AWS::EKS::Cluster" {
			continue
		}
		if name != "" {
			return "", fmt.Errorf("%s has more than one cluster", stack.ID)
		}
		var err error
		if name, err = r.in(stack).text(resource.Path(), map[string]any{"Ref": resource.LogicalID}); err != nil {
			return "", err
		}
	}
	if name == "" {
		return "", fmt.Errorf("%s has no cluster", stack.ID)
	}
	return name, nil
}

func (r *Replay) resolver(a *Assembly) *resolver {
	return &resolver{assembly: a, values: r.Values, created: func(resource *Resource) *deployed {
		made := r.deployed[key(resource)]
		if made == nil || made.creating {
			return nil
		}
		return made
	}}
}

// Step is a request and what became of it.
type Step struct {
	Stack, LogicalID string
	// Path of the construct.
	Path, Type string
	// Request is Create, Update or Delete.
	Request string
	// Again counts how often the same event came before.
	Again int
	// By is who did it: the handler, or the stand-in for a chart and why.
	By       string
	Started  time.Time
	Duration time.Duration
	// Outcome is one of the words below.
	Outcome string
	// Reason of a failure, as CloudFormation words it.
	Reason string `json:",omitempty"`
	// Log is the file with what the handler printed.
	Log string `json:",omitempty"`
}

// Outcomes of a step.
const (
	Succeeded = "succeeded"
	Failed    = "failed"
	// Lost: the handler was done and its answer was lost.
	Lost = "answer lost"
	// Killed: the handler was killed in mid-flight.
	Killed = "killed"
	// Retained: the template says that the deletion leaves it alone.
	Retained = "retained"
)

// Scale changes [Options.TimeScale] from the next request on.
func (r *Replay) Scale(factor float64) {
	r.TimeScale = factor
	r.framework.scale, r.framework.handler.scale = factor, factor
}

// Steps lists what was done so far.
func (r *Replay) Steps() []Step {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Step(nil), r.steps...)
}
