package fluxrun

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"gitops-eks/test/e2e/loopback"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

// place is where a controller runs on this machine.
type place struct {
	// folder stands for the pod's volumes.
	folder string
	// health and metrics are addresses of its own.
	health, metrics string
	shared
}

// shared are the addresses that stand for the Services of Flux.
type shared struct{ artifacts, events, receiver string }

func newShared() (s shared, err error) {
	for _, address := range []*string{&s.artifacts, &s.events, &s.receiver} {
		if *address, err = loopback.Address(); err != nil {
			return s, err
		}
	}
	return s, nil
}

func newPlace(folder string, s shared) (place, error) {
	addresses, err := loopback.Addresses(2)
	if err != nil {
		return place{}, err
	}
	return place{folder: folder, health: addresses[0], metrics: addresses[1], shared: s}, nil
}

// A translation is an argument that has to differ between a pod and a process
// on this machine. All others are taken from the Deployment as they are.
type translation struct {
	flag string
	// only are the programs that have the flag; none means all.
	only []string
	// add: the Deployment relies on the default, which does not do here.
	add bool
	to  func(place) string
	why string
}

// translations is the whole list.
var translations = []translation{
	{flag: "--enable-leader-election", add: true, to: func(place) string { return "false" }, why: "out of a pod it does not find the namespace of its lease, and has no rival"},
	{flag: "--health-addr", add: true, to: func(p place) string { return p.health }, why: "each pod has a network of its own"},
	{flag: "--metrics-addr", add: true, to: func(p place) string { return p.metrics }, why: "each pod has a network of its own"},
	{flag: "--events-addr", only: []string{"notification-controller"}, add: true, to: func(p place) string { return p.events }, why: "each pod has a network of its own"},
	{flag: "--events-addr", only: []string{"source-controller", "kustomize-controller", "helm-controller", "image-reflector-controller", "image-automation-controller"}, to: func(p place) string { return "http://" + p.events + "/" }, why: "no cluster DNS"},
	{flag: "--receiverAddr", only: []string{"notification-controller"}, add: true, to: func(p place) string { return p.receiver }, why: "each pod has a network of its own"},
	{flag: "--storage-addr", only: []string{"source-controller"}, add: true, to: func(p place) string { return p.artifacts }, why: "each pod has a network of its own"},
	{flag: "--storage-adv-addr", only: []string{"source-controller"}, to: func(p place) string { return p.artifacts }, why: "no cluster DNS"},
	{flag: "--storage-path", only: []string{"source-controller", "image-reflector-controller"}, add: true, to: func(p place) string { return filepath.Join(p.folder, "data") }, why: "a folder for the volume"},
	{flag: "--storage-path", only: []string{operator}, add: true, to: func(p place) string { return p.folder }, why: "the operator's image carries the manifests of Flux"},
	{flag: "--web-server-port", only: []string{operator}, add: true, to: func(place) string { return "0" }, why: "as the chart's values have it"},
}

// Translations lists, a line each, what differs between the Deployments'
// arguments and those of the processes.
func Translations() (lines []string) {
	for _, t := range translations {
		who := "all"
		if len(t.only) > 0 {
			who = strings.Join(t.only, ", ")
		}
		lines = append(lines, fmt.Sprintf("%s (%s): %s", t.flag, who, t.why))
	}
	return append(lines,
		"environment of flux-operator: NOTIFICATION_CONTROLLER_ADDRESS: no cluster DNS; GOGC: to save memory",
		"environment: KUBECONFIG with a token of the pod's service account; HOME, TMPDIR and what is in /tmp: a folder for the volumes",
	)
}

// operatorEnvironment is what only the operator needs.
func operatorEnvironment(at place) map[string]string {
	return map[string]string{
		// It refuses to run without, and its image has it set.
		"GODEBUG": "fips140=on",
		// Half of its memory is garbage of the installation.
		"GOGC": "50",
		// No cluster DNS: it would try for 15 s to send each event before it goes on.
		"NOTIFICATION_CONTROLLER_ADDRESS": "http://" + at.events + "/",
	}
}

// arguments are those of the Deployment's container, translated.
func arguments(program string, container corev1.Container, env map[string]string, at place) ([]string, error) {
	var args []string
	given := map[string]bool{}
	for _, arg := range container.Args {
		arg = expand(arg, env)
		flag, value, _ := strings.Cut(arg, "=")
		given[flag] = true
		if t := find(program, flag); t != nil {
			arg = flag + "=" + t.to(at)
		} else if strings.HasPrefix(value, "/") || strings.Contains(value, ".svc") {
			return nil, fmt.Errorf("%s has the argument %s, which makes sense in a pod only: add a translation", program, arg)
		}
		args = append(args, arg)
	}
	for _, t := range translations {
		if t.add && t.applies(program) && !given[t.flag] {
			args = append(args, t.flag+"="+t.to(at))
		}
	}
	return args, nil
}

func find(program, flag string) *translation {
	for i, t := range translations {
		if t.flag == flag && t.applies(program) {
			return &translations[i]
		}
	}
	return nil
}

func (t translation) applies(program string) bool {
	return len(t.only) == 0 || slices.Contains(t.only, program)
}

// environment is that of the Deployment's container, resolved as a kubelet
// would. The folder tmp stands for the volume at /tmp.
func environment(deployment *appsv1.Deployment, container corev1.Container, tmp string) (map[string]string, error) {
	env := map[string]string{}
	for _, variable := range container.Env {
		from := variable.ValueFrom
		switch {
		case from == nil:
			value := expand(variable.Value, env)
			if inTmp, ok := strings.CutPrefix(value, "/tmp/"); ok {
				value = filepath.Join(tmp, inTmp)
			}
			env[variable.Name] = value
		case from.FieldRef != nil && from.FieldRef.FieldPath == "metadata.namespace":
			env[variable.Name] = deployment.Namespace
		case from.ResourceFieldRef != nil && from.ResourceFieldRef.Resource == "limits.memory":
			env[variable.Name] = fmt.Sprint(container.Resources.Limits.Memory().Value())
		default:
			return nil, fmt.Errorf("variable %s of Deployment %s has a source that the bench does not know", variable.Name, deployment.Name)
		}
	}
	return env, nil
}

// expand replaces $(NAME), as a kubelet does.
func expand(text string, env map[string]string) string {
	for name, value := range env {
		text = strings.ReplaceAll(text, "$("+name+")", value)
	}
	return text
}
