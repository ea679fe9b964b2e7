package main

import (
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"

	"gitops-eks/test/e2e/figures"
)

// series are the lines of the plot and the rows of the table, in this order.
var series = []struct{ name, title string }{
	{figures.PushByEvent, "push to applied, by event"},
	{figures.Image, "image push to rolled out, by event"},
	{figures.Drift, "drift to healed"},
	{figures.PushByPolling, "push to applied, by polling"},
}

const width, height = 16 * vg.Centimeter, 9 * vg.Centimeter

// drawTimes draws how many of the samples took at most so long.
func drawTimes(r *figures.Report, file string) error {
	p := newPlot("How long a change takes")
	p.X.Label.Text, p.Y.Label.Text = "seconds", "% of samples"
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0.1, 120, 0, 140 // above 100 is the legend
	p.Y.Tick.Marker = plot.ConstantTicks([]plot.Tick{{Value: 0, Label: "0"}, {Value: 50, Label: "50"}, {Value: 95, Label: "95"}})
	for i, s := range series {
		line, err := plotter.NewLine(cumulative(r.Times[s.name].Seconds))
		if err != nil {
			return err
		}
		line.StepStyle = plotter.PostStep
		line.Color, line.Width = plotutil.Color(i), vg.Points(1.8)
		p.Add(line)
		p.Legend.Add(s.title, line)
	}
	p.Legend.Top, p.Legend.Left = true, true
	return p.Save(width, height, file)
}

// cumulative are the points of the share of samples that took at most x seconds.
func cumulative(seconds []float64) plotter.XYs {
	sorted := slices.Sorted(slices.Values(seconds))
	points := plotter.XYs{{X: sorted[0], Y: 0}}
	for i, x := range sorted {
		points = append(points, plotter.XY{X: x, Y: 100 * float64(i+1) / float64(len(sorted))})
	}
	return points
}

func newPlot(title string) *plot.Plot {
	p := plot.New()
	p.Title.Padding, p.X.Padding = vg.Points(6), vg.Points(4)
	p.Title.Text = title
	p.BackgroundColor = color.White // in dark mode, too
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = color.Gray{Y: 225}, color.Gray{Y: 225}
	p.Add(grid)
	return p
}
