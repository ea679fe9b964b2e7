package report

import (
	"fmt"
	"regexp"
	"strings"

	"gitops-eks/test/gates/review/change"
)

const (
	// Marker is the first line of the comment: it is found by it, and updated.
	Marker = "<!-- gitops-review -->"
	// Limit is the length at which GitHub refuses a comment, in characters. The
	// report counts bytes, which are never fewer.
	Limit = 65536
)

// Markdown is the comment, of at most limit bytes, and whether that is all of
// it. What does not fit is left out by whole sections, the last first, with a
// line that says that full, a file, has everything.
func Markdown(r change.Result, limit int, full string) (text string, whole bool) {
	pieces := append(risks(r), details(r)...)
	notice := fmt.Sprintf("\n_Shortened to what a comment may hold. All of it is in the artifact `%s`._\n", full)
	var out strings.Builder
	out.WriteString(head(r))
	size := out.Len() + len(notice)
	for _, piece := range pieces {
		size += len(piece)
	}
	if size-len(notice) <= limit {
		return out.String() + strings.Join(pieces, ""), true
	}
	for _, piece := range pieces {
		if out.Len()+len(piece)+len(notice) <= limit {
			out.WriteString(piece)
		}
	}
	return out.String() + notice, false
}

// head is what is never left out: a line for the whole and for each environment.
func head(r change.Result) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n**%s**\n", Marker, headline(r))
	if len(r.Risks) == 0 && brief(r) {
		return out.String() // the lines of the changes say it all
	}
	names := environments(r)
	const most = 100 // as many as the settings allow
	out.WriteString("\n")
	for i, name := range names {
		if i == most {
			fmt.Fprintf(&out, "- and %d more environments\n", len(names)-most)
			break
		}
		fmt.Fprintf(&out, "- **%s**: %s\n", escape(name), escape(summary(r, name)))
	}
	return out.String()
}

// risks are a piece for each, the heading of a class with its first.
func risks(r change.Result) []string {
	var pieces []string
	last := ""
	for _, risk := range r.Risks {
		var out strings.Builder
		heading := classes[risk.Class]
		if risk.Accepted {
			heading = "Accepted"
		}
		if heading != last {
			fmt.Fprintf(&out, "\n### %s\n\n", heading)
			last = heading
		}
		fmt.Fprintf(&out, "- %s: %s\n", code(risk.Name), escape(risk.What))
		const most = 12
		for i, more := range risk.More {
			if i == most {
				fmt.Fprintf(&out, "  - and %d more\n", len(risk.More)-most)
				break
			}
			fmt.Fprintf(&out, "  - %s\n", escape(more))
		}
		switch {
		case risk.Accepted:
			fmt.Fprintf(&out, "  - accepted by %s\n", code(risk.Line()))
		case risk.Accept != "":
			fmt.Fprintf(&out, "  - to accept it: %s\n", code(risk.Line()))
		}
		pieces = append(pieces, out.String())
	}
	if len(r.Notes) > 0 {
		var out strings.Builder
		out.WriteString("\n### Notes\n\n")
		for _, note := range r.Notes {
			fmt.Fprintf(&out, "- %s\n", escape(note))
		}
		pieces = append(pieces, out.String())
	}
	return pieces
}

// details are the differences, folded, a piece for each part of an environment;
// a line each where that says it all.
func details(r change.Result) []string {
	if len(r.Risks) == 0 && brief(r) {
		var out strings.Builder
		out.WriteString("\n")
		for _, c := range r.Changes {
			fmt.Fprintf(&out, "- **%s** %s\n", escape(place(c)), escape(line(c)))
		}
		return []string{strings.TrimSuffix(out.String(), "\n\n")}
	}
	var pieces []string
	for _, environment := range environments(r) {
		for _, part := range partsOf(r, environment) {
			changes := of(r, environment, part)
			var lines []string
			for _, c := range changes {
				lines = append(lines, "# "+line(c))
				if c.Short == "" || c.Action == change.Added || len(c.Lines) > 2 {
					lines = append(lines, c.Lines...)
				}
			}
			pieces = append(pieces, folded(place(changes[0])+": "+counts(changes), lines))
		}
	}
	return pieces
}

func folded(title string, lines []string) string {
	text := strings.Join(lines, "\n")
	mark := fence(text)
	return fmt.Sprintf("\n<details><summary>%s</summary>\n\n%sdiff\n%s\n%s\n\n</details>\n", escape(title), mark, text, mark)
}

var backticks = regexp.MustCompile("`+")

// longest is the length of the longest run of backticks.
func longest(text string) int {
	most := 0
	for _, run := range backticks.FindAllString(text, -1) {
		most = max(most, len(run))
	}
	return most
}

// fence is longer than any in the text, so that nothing in it ends the block.
func fence(text string) string { return strings.Repeat("`", max(3, longest(text)+1)) }

// code is a text between backticks, in one line.
func code(text string) string {
	text = oneLine(text)
	if longest(text) == 0 {
		return "`" + text + "`"
	}
	mark := strings.Repeat("`", longest(text)+1)
	return mark + " " + text + " " + mark
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// special are the characters that Markdown or HTML act on in running text, and
// '@' and '#', with which GitHub calls people and issues.
var special = strings.NewReplacer(
	"&", "&amp;", "<", "&lt;", ">", "&gt;", `\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`,
	"|", `\|`, "~", `\~`, "@", "@<!-- -->", "#", "#<!-- -->",
)

func escape(text string) string { return special.Replace(oneLine(text)) }
