// Package figures holds what the bench measured: each run writes it to
// report.json, of which figures/draw makes the plots of the README.
package figures

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"sync"
	"time"
)

// Report is what one run measured. It may be filled from several tests at once.
type Report struct {
	// Processors of the machine that ran.
	Processors int `json:"processors"`
	// Charts says where the two charts came from: the registry or a stand-in.
	Charts string `json:"charts,omitempty"`
	// Times of what happened more than once, by name.
	Times map[string]*Times `json:"times"`
	// Scale is one row for each size.
	Scale []Scale `json:"scale,omitempty"`
	// Parts of the run and what each took, in order.
	Parts []Part `json:"parts,omitempty"`

	mutex sync.Mutex
}

// Times are samples of one figure, in seconds.
type Times struct {
	Seconds []float64 `json:"seconds"`
}

// Scale is what one size took.
type Scale struct {
	// Objects in Git, in so many Kustomizations.
	Objects        int `json:"objects"`
	Kustomizations int `json:"kustomizations"`
	// Seconds from the push until all are applied and healthy.
	Seconds float64 `json:"seconds"`
	// AgainSeconds from a push that changes one object until it is applied.
	AgainSeconds float64 `json:"againSeconds"`
	// CPUSeconds of Flux's controllers for both.
	CPUSeconds float64 `json:"cpuSeconds"`
	// Mebibytes is the most memory that kustomize-controller had.
	Mebibytes float64 `json:"mebibytes"`
}

// Part is one step of the run.
type Part struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
}

// The figures, by their names in [Report.Times].
const (
	PushByEvent   = "push-by-event"
	PushByPolling = "push-by-polling"
	Image         = "image"
	Drift         = "drift"
	BringUp       = "bring-up"
)

// Samples of each figure, enough for a 95th percentile that is not the worst.
const Samples = 24

// New is an empty report.
func New() *Report {
	return &Report{Processors: runtime.NumCPU(), Times: map[string]*Times{}}
}

// Time adds a sample.
func (r *Report) Time(name string, took time.Duration) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.Times[name] == nil {
		r.Times[name] = &Times{}
	}
	r.Times[name].Seconds = append(r.Times[name].Seconds, math.Round(took.Seconds()*1000)/1000)
}

// Sized adds a size.
func (r *Report) Sized(s Scale) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.Scale = append(r.Scale, s)
}

// Part adds a step of the run.
func (r *Report) Part(name string, took time.Duration) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.Parts = append(r.Parts, Part{name, math.Round(took.Seconds()*100) / 100})
}

// Write writes the report.
func (r *Report) Write(file string) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}

// Read reads what [Report.Write] wrote.
func Read(file string) (*Report, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	r := New()
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return r, nil
}

// Percentile is the least sample that at least p percent of all do not
// exceed (the nearest rank); NaN without samples.
func (t *Times) Percentile(p float64) float64 {
	if t == nil || len(t.Seconds) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(t.Seconds))
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[max(rank, 1)-1]
}
