package proc

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// Usage is what a process has used so far.
type Usage struct {
	Name string
	// RSS and PeakRSS are resident bytes, now and at most.
	RSS, PeakRSS int64
	// CPU is user and system time.
	CPU time.Duration
}

// clockTick is USER_HZ, which Linux fixes for user space on all that Go supports.
const clockTick = time.Second / 100

// UsageOf reads what a process uses, this one with os.Getpid. Only on Linux.
func UsageOf(name string, pid int) (Usage, error) {
	usage := Usage{Name: name}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return usage, err
	}
	for line := range strings.Lines(string(status)) {
		switch fields := strings.Fields(line); {
		case len(fields) < 2:
		case fields[0] == "VmRSS:":
			usage.RSS = kilobytes(fields[1])
		case fields[0] == "VmHWM:":
			usage.PeakRSS = kilobytes(fields[1])
		}
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return usage, err
	}
	// The second field, the name in parentheses, may hold spaces: count from behind it.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	const utime, stime = 11, 12
	for _, field := range []int{utime, stime} {
		ticks, err := strconv.ParseInt(fields[field], 10, 64)
		if err != nil {
			return usage, err
		}
		usage.CPU += time.Duration(ticks) * clockTick
	}
	return usage, nil
}

func kilobytes(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n << 10
}

// Usage is what each running process uses. Only on Linux.
func (g *Group) Usage() ([]Usage, error) {
	var all []Usage
	for _, p := range g.All() {
		pid := p.PID()
		if pid == 0 {
			continue
		}
		usage, err := UsageOf(p.Name, pid)
		if err != nil {
			return nil, fmt.Errorf("usage of %s: %w", p.Name, err)
		}
		all = append(all, usage)
	}
	return all, nil
}
