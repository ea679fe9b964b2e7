// Package proc runs the programs of the bench so that none outlives it.
//
// Each program gets a process group of its own: a Ctrl-C in the terminal
// reaches the bench alone, which then stops its programs in order. When the
// bench cannot do so because it was killed or crashed, Linux kills them (see
// Start in death_linux.go). No other system offers that: on macOS programs of
// a bench that got SIGKILL keep running, and `pkill -f gitops-eks/bench` ends
// them. A stop, a Ctrl-C and a failed test leave nothing there either.
package proc
