// Package ports asks the operating system for free TCP ports on 127.0.0.1.
package ports

import (
	"fmt"
	"net"
)

// Resolve returns wanted with every 0 replaced by a free port. All are held until the last is known, so
// they differ from each other; another process may still take one before it is used.
func Resolve(wanted ...int) ([]int, error) {
	resolved := make([]int, len(wanted))
	for i, port := range wanted {
		listener, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return nil, err
		}
		defer func() { _ = listener.Close() }()
		resolved[i] = listener.Addr().(*net.TCPAddr).Port
	}
	return resolved, nil
}
