package replay

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Chart is a Helm release as a custom resource asks for it.
type Chart struct {
	Release, Namespace string
	// Repository is the OCI address, Name the chart's in it.
	Repository, Name, Version string
	// Values as Helm would get them.
	Values map[string]any
	// Timeout of Helm, 0 for Helm's own.
	Timeout time.Duration
	// RequestType is Create, Update or Delete.
	RequestType string
}

// ChartStandIn does what a chart would do, where its registry cannot be reached.
type ChartStandIn interface {
	// Install is asked to create and to update a release, and returns when what it installed is ready.
	Install(ctx context.Context, chart Chart) error
	// Uninstall removes a release that Install made.
	Uninstall(ctx context.Context, chart Chart) error
}

// newChart reads the properties of a HelmChart resource.
func newChart(request string, properties map[string]any) (c Chart, err error) {
	text := func(name string) string { value, _ := properties[name].(string); return value }
	c = Chart{
		Release: text("Release"), Namespace: text("Namespace"),
		Repository: text("Repository"), Name: text("Chart"), Version: text("Version"),
		RequestType: request,
	}
	if values := text("Values"); values != "" {
		if err := json.Unmarshal([]byte(values), &c.Values); err != nil {
			return c, fmt.Errorf("values of chart %s: %w", c.Name, err)
		}
	}
	if timeout := text("Timeout"); timeout != "" {
		if c.Timeout, err = time.ParseDuration(timeout); err != nil {
			return c, fmt.Errorf("timeout of chart %s: %w", c.Name, err)
		}
	}
	return c, nil
}

// reachTimeout is short: where the registry is out of reach, nobody wants to wait for that.
const reachTimeout = 3 * time.Second

// reachable asks a registry once whether it is one.
func reachable(ctx context.Context, host string) error {
	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+host+"/v2/", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	// Unauthorized is the usual answer to somebody without a token.
	if response.StatusCode != http.StatusOK && response.StatusCode != http.StatusUnauthorized {
		return fmt.Errorf("https://%s/v2/ answers %s, which is not a registry's answer", host, response.Status)
	}
	return nil
}

// registryHost of an OCI address; none for a chart that comes from elsewhere.
func registryHost(repository string) string {
	address, err := url.Parse(repository)
	if err != nil || !strings.EqualFold(address.Scheme, "oci") {
		return ""
	}
	return address.Host
}

// byStandIn decides who installs a chart, once for each registry, and says why
// when it is the stand-in.
func (r *Replay) byStandIn(ctx context.Context, c Chart) (why string, err error) {
	if r.NoCharts != "" {
		return r.NoCharts, nil
	}
	host := registryHost(c.Repository)
	if host == "" {
		return "", nil
	}
	if _, ok := r.registries[host]; !ok {
		r.registries[host] = r.reachable(ctx, host)
	}
	problem := r.registries[host]
	switch {
	case problem == nil:
		return "", nil
	case ctx.Err() != nil:
		return "", ctx.Err()
	case r.Charts == nil:
		return "", fmt.Errorf("the registry of chart %s is out of reach, and there is no stand-in for it: %w", c.Repository, problem)
	}
	return fmt.Sprintf("%s is out of reach: %v", host, problem), nil
}

// standIn has a chart's stand-in do what the handler would.
func (r *Replay) standIn(ctx context.Context, e *event, c Chart) (*answer, error) {
	patience, err := serviceTimeout(e)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if e.RequestType == Delete {
		err = r.Charts.Uninstall(ctx, c)
	} else {
		err = r.Charts.Install(ctx, c)
	}
	if err != nil {
		return nil, fmt.Errorf("stand-in for chart %s: %w", c.Name, err)
	}
	id := e.PhysicalResourceID
	if id == "" {
		id = e.RequestID
	}
	return &answer{Status: success, PhysicalResourceID: id}, nil
}
