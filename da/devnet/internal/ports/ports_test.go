package ports

import (
	"net"
	"testing"
)

func TestResolve(t *testing.T) {
	got, err := Resolve(0, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for _, port := range got {
		if port == 0 || seen[port] {
			t.Fatalf("want three different ports, got %v", got)
		}
		seen[port] = true
	}
	again, err := Resolve(got[0])
	if err != nil || again[0] != got[0] {
		t.Fatalf("want the given port %d free again, got %v, %v", got[0], again, err)
	}
}

func TestResolveRefusesATakenPort(t *testing.T) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	if _, err := Resolve(listener.Addr().(*net.TCPAddr).Port); err == nil {
		t.Fatal("a port in use was given out")
	}
}
