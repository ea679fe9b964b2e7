package main

import (
	"os"
	"strconv"
	"strings"
)

// availableMiB is what Linux says is available; other systems do not say.
func availableMiB() (mebibytes int, ok bool) {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) >= 2 && fields[0] == "MemAvailable:" {
			kibibytes, err := strconv.Atoi(fields[1])
			return kibibytes >> 10, err == nil
		}
	}
	return 0, false
}
