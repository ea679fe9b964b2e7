package main

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// Control sequences of ECMA-48, which each terminal knows.
const (
	clearToEndOfLine = "\x1b[K"
	clearBelow       = "\x1b[J"
	hideCursor       = "\x1b[?25l"
	showCursor       = "\x1b[?25h"
	plain            = "\x1b[0m"
	bold             = "\x1b[1m"
	dim              = "\x1b[2m"
	red              = "\x1b[31m"
	green            = "\x1b[32m"
	yellow           = "\x1b[33m"
)

var colors = regexp.MustCompile("\x1b\\[[0-9]*m")

var symbols = map[health]struct{ color, text string }{
	progressing: {yellow, "…"},
	healthy:     {green, "✓"},
	failing:     {red, "✗"},
}

// screen shows the status in place, below what was printed before.
type screen struct {
	out io.Writer
	// size of the terminal, asked each time: it may be resized.
	size func() (columns, rows int)
	// title is the first line.
	title string
	// colorless is for those who set NO_COLOR, https://no-color.org.
	colorless bool
	// drawn are the lines of last time.
	drawn int
}

// show draws all in one write over what it drew before, so that nothing flickers.
func (s *screen) show(states []state, events []event, now time.Time) error {
	columns, rows := s.size()
	// The last column stays free: to clear behind a character there would clear it.
	lines := s.lines(states, events, now, columns-1, rows)
	var text strings.Builder
	text.WriteString(hideCursor)
	if s.drawn > 0 {
		fmt.Fprintf(&text, "\x1b[%dA", s.drawn)
	}
	text.WriteByte('\r')
	for _, line := range lines {
		text.WriteString(line + clearToEndOfLine + "\n")
	}
	text.WriteString(clearBelow + showCursor)
	s.drawn = len(lines)
	drawing := text.String()
	if s.colorless {
		drawing = colors.ReplaceAllString(drawing, "")
	}
	_, err := io.WriteString(s.out, drawing)
	return err
}

// lines fit the terminal: the events get the rows that the states leave.
func (s *screen) lines(states []state, events []event, now time.Time, columns, rows int) []string {
	lines := []string{bold + pad(s.title, columns-9) + plain + dim + now.Format(" 15:04:05") + plain}
	heading := ""
	for _, state := range states {
		shown := ""
		if state.heading != heading {
			heading, shown = state.heading, state.heading
		}
		symbol := symbols[state.health]
		left := fmt.Sprintf("%s%s%s %s%s%s %s", dim, pad(shown, 14), plain, symbol.color, symbol.text, plain, pad(state.name, 16))
		lines = append(lines, left+" "+cut(state.says, columns-34))
	}
	// One row below is the cursor's.
	room := min(max(rows-1-len(lines)-2, 1), mostEvents)
	lines = append(lines, "", bold+"Events"+plain)
	for _, e := range events[max(len(events)-room, 0):] {
		color := ""
		if e.warning {
			color = yellow
		}
		lines = append(lines, fmt.Sprintf("%s%s%s %s%s%s", dim, e.when.Format("15:04:05"), plain, color, cut(e.object+" "+e.says, columns-9), plain))
	}
	return lines[:min(len(lines), max(rows-1, 1))]
}

// mostEvents leaves room, on a larger terminal, for the things to try above.
const mostEvents = 8

// pad makes a text exactly that long.
func pad(text string, length int) string {
	text = cut(text, length)
	return text + strings.Repeat(" ", max(length-utf8.RuneCountInString(text), 0))
}

// cut makes a text at most that long.
func cut(text string, length int) string {
	if utf8.RuneCountInString(text) <= length {
		return text
	}
	return string([]rune(text)[:max(length-1, 0)]) + "…"
}
