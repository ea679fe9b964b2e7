package main

import (
	"fmt"
	"math"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"

	"gitops-eks/test/e2e/figures"
)

// drawScale draws, for each size, the time to apply all and the time that the
// controllers computed.
func drawScale(r *figures.Report, file string) error {
	p := newPlot("Objects in Kustomizations, until all are applied and healthy")
	p.Y.Label.Text = "seconds"
	p.Y.Min = 0
	var wall, cpu plotter.Values
	var names []string
	for _, s := range r.Scale {
		wall, cpu = append(wall, s.Seconds), append(cpu, s.CPUSeconds)
		names = append(names, fmt.Sprintf("%d in %d", s.Objects, s.Kustomizations))
	}
	const bar = 0.8 * vg.Centimeter
	for i, s := range []struct {
		title  string
		values plotter.Values
	}{{"wall time", wall}, {"CPU time of the controllers", cpu}} {
		bars, err := plotter.NewBarChart(s.values, bar)
		if err != nil {
			return err
		}
		bars.Color, bars.Offset = plotutil.Color(i), vg.Length(2*i-1)*bar/2
		bars.LineStyle.Width = 0
		p.Add(bars)
		p.Legend.Add(s.title, bars)
	}
	p.Legend.Top, p.Legend.Left = true, true
	p.NominalX(names...)
	p.X.Min, p.X.Max = -0.5, float64(len(names))-0.5
	p.Y.Max = 10 * math.Ceil(1.3*p.Y.Max/10) // room for the legend
	return p.Save(width, height, file)
}
