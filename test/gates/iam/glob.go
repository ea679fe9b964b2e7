package iam

import "strings"

// meet says whether a text can match both patterns, in which * stands for any
// text and ? for any letter.
func meet(a, b string) bool {
	reach := make([]bool, len(b)+1) // reach[j]: a[:i] and b[:j] can match the same text
	reach[0] = true
	for j := range b {
		reach[j+1] = reach[j] && b[j] == '*'
	}
	for i := range len(a) {
		next := make([]bool, len(b)+1)
		next[0] = reach[0] && a[i] == '*'
		for j := range len(b) {
			if a[i] == '*' || b[j] == '*' {
				next[j+1] = reach[j+1] || next[j]
			} else {
				next[j+1] = reach[j] && (a[i] == b[j] || a[i] == '?' || b[j] == '?')
			}
		}
		reach = next
	}
	return reach[len(b)]
}

// covers says whether the pattern matches all that the other one does, which
// may have a * of its own.
func covers(pattern, other string) bool {
	before, after, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == other
	}
	if !strings.HasPrefix(other, before) {
		return false
	}
	rest := other[len(before):]
	if after == "" {
		return true
	}
	for i := 0; i <= len(rest); i++ {
		if covers(after, rest[i:]) {
			return true
		}
	}
	return false
}
