// Package loopback is the network of the bench: ports of 127.0.0.1, and HTTP
// servers on them that can be taken away and brought back.
package loopback

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
)

// Ports below the ranges from which Linux (32768) and macOS (49152) serve
// outgoing connections, so that none takes a port between its choice and its use.
const firstPort, lastPort = 20000, 31999

var taken = struct {
	sync.Mutex
	ports map[int]bool
}{ports: map[int]bool{}}

// Address is a free one of 127.0.0.1, host:port, not given out before.
func Address() (string, error) {
	taken.Lock()
	defer taken.Unlock()
	for range 1000 {
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		if taken.ports[port] {
			continue
		}
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		listener, err := net.Listen("tcp", address)
		if err != nil {
			continue
		}
		taken.ports[port] = true
		return address, listener.Close()
	}
	return "", errors.New("no free port on 127.0.0.1 between " + fmt.Sprint(firstPort, " and ", lastPort))
}

// Addresses are n free addresses.
func Addresses(n int) ([]string, error) {
	all := make([]string, n)
	for i := range all {
		var err error
		if all[i], err = Address(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Port of an address.
func Port(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return port
}
