package parent

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"
)

func TestWaitSeesAProcessGo(t *testing.T) {
	command := exec.Command("sleep", "60")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	gone := make(chan bool, 1)
	go func() { gone <- Wait(context.Background(), command.Process.Pid, 5*time.Millisecond) }()
	select {
	case <-gone:
		t.Fatal("reported gone while it runs")
	case <-time.After(50 * time.Millisecond):
	}
	if err := command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = command.Wait() // a killed process reports its signal as an error
	select {
	case result := <-gone:
		if !result {
			t.Fatal("ended without the process being gone")
		}
	case <-time.After(5 * time.Second):
		t.Fatal("did not notice")
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if Wait(ctx, os.Getppid(), 5*time.Millisecond) {
		t.Fatal("the parent of this test is alive")
	}
}
