// celestia-devnet runs a real single-validator Celestia in one process: a celestia-app chain and a
// celestia-node bridge in front of it. Everything listens on 127.0.0.1; the bridge's libp2p host is an
// in-memory one, so it opens no sockets.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"herald.example/da/devnet/internal/parent"
)

// stopLimit is how long an orderly stop may take before the process leaves anyway.
const stopLimit = 10 * time.Second

func main() {
	log.SetFlags(0)
	log.SetPrefix("celestia-devnet: ")
	cfg, err := parseConfig(os.Args[1:], os.Stderr)
	if err != nil {
		os.Exit(2)
	}
	if err := run(cfg); err != nil {
		log.Print(err)
		os.Exit(1)
	}
}

// run starts what cfg asks for, announces it and stays until a signal comes or the parent dies.
// What it started is stopped, and a temporary home removed, on every way out.
func run(cfg config) error {
	start := time.Now()
	ctx, release := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer release()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if cfg.parentPID != 0 {
		go func() {
			if parent.Wait(ctx, cfg.parentPID, time.Second) {
				log.Printf("process %d, which started this one, is gone; stopping", cfg.parentPID)
				cancel()
			}
		}()
	}

	home, removeHome, err := openHome(cfg.home)
	if err != nil {
		return err
	}
	defer removeHome()
	context.AfterFunc(ctx, func() {
		release() // a second signal ends the process at once
		time.AfterFunc(stopLimit, func() {
			removeHome()
			log.Fatalf("did not stop within %s", stopLimit)
		})
	})

	keys, err := fundedAccounts(cfg.mnemonic, cfg.accounts)
	if err != nil {
		return err
	}
	info := readyInfo{ChainID: chainID, PID: os.Getpid(), Accounts: keys.addresses}
	info.CoreGRPC = fmt.Sprintf("127.0.0.1:%d", cfg.coreGRPCPort)
	if cfg.runsCore() {
		core, err := startCore(ctx, cfg, home, keys)
		if err != nil {
			return orInterrupted(ctx, fmt.Errorf("starting the chain: %w", err))
		}
		defer core.stop()
		info.CoreGRPC, info.CoreRPC = core.grpc, core.rpc
	}
	if cfg.runsBridge() {
		bridge, err := startBridge(ctx, cfg, home, keys, info.CoreGRPC)
		if err != nil {
			return orInterrupted(ctx, fmt.Errorf("starting the bridge: %w", err))
		}
		defer bridge.stop()
		info.RPC, info.Tokens = bridge.rpc, bridge.tokens
	}
	info.ReadyMs = time.Since(start).Milliseconds()
	if err := info.announce(cfg.readyFile); err != nil {
		return err
	}
	debug.FreeOSMemory() // starting needs several times what running does
	<-ctx.Done()
	return nil
}

// orInterrupted hides the errors a stop in the middle of the start causes.
func orInterrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func openHome(dir string) (string, func(), error) {
	if dir != "" {
		return dir, func() {}, os.MkdirAll(dir, 0o755)
	}
	dir, err := os.MkdirTemp("", "celestia-devnet-")
	return dir, func() { _ = os.RemoveAll(dir) }, err
}
