// Package parent tells a process that the one that started it is gone.
package parent

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"
)

// Wait polls until process pid is gone (true) or ctx ends (false). If pid is the parent, its death is
// seen even where its number is given to another process.
func Wait(ctx context.Context, pid int, every time.Duration) bool {
	isParent := os.Getppid() == pid
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		if isParent && os.Getppid() != pid || !alive(pid) {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-ticker.C:
		}
	}
}

func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}
