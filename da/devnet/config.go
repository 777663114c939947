package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"
)

// chainID is the only one a bridge that is built in-process takes for a network of its own.
const chainID = "private"

// testMnemonic is the well-known BIP-39 test phrase: the keys of the funded accounts must be known.
const testMnemonic = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"

type config struct {
	mode         string
	blockTime    time.Duration
	rpcPort      int
	coreRPCPort  int
	coreGRPCPort int
	mnemonic     string
	accounts     int
	jwtSecret    []byte
	txWorkers    int
	db           string
	home         string
	readyFile    string
	parentPID    int
}

func (c config) runsCore() bool   { return c.mode != "bridge" }
func (c config) runsBridge() bool { return c.mode != "core" }

func parseConfig(args []string, usage io.Writer) (config, error) {
	var c config
	var secret string
	flags := flag.NewFlagSet("celestia-devnet", flag.ContinueOnError)
	flags.SetOutput(usage)
	flags.StringVar(&c.mode, "mode", "all", "all, core or bridge (a bridge alone needs --core-grpc-port)")
	flags.DurationVar(&c.blockTime, "block-time", 500*time.Millisecond, "target block time")
	flags.IntVar(&c.rpcPort, "rpc-port", 0, "the bridge's JSON-RPC port on 127.0.0.1, 0 = any")
	flags.IntVar(&c.coreRPCPort, "core-rpc-port", 0, "the chain's RPC port on 127.0.0.1, 0 = any")
	flags.IntVar(&c.coreGRPCPort, "core-grpc-port", 0, "the chain's gRPC port on 127.0.0.1, 0 = any")
	flags.StringVar(&c.mnemonic, "mnemonic", testMnemonic, "mnemonic of the funded accounts, HD index 0 and up")
	flags.IntVar(&c.accounts, "accounts", 4, "number of funded accounts; the bridge pays from the first")
	flags.StringVar(&secret, "jwt-secret", "", "32 bytes hex that sign the bridge's tokens (default: random)")
	flags.IntVar(&c.txWorkers, "tx-workers", 0, "celestia-node State.TxWorkerAccounts")
	flags.StringVar(&c.db, "db", "memdb", "memdb or goleveldb: where the chain keeps its blocks")
	flags.StringVar(&c.home, "home", "", "data folder (default: a temporary one, removed at exit)")
	flags.StringVar(&c.readyFile, "ready-file", "", "write the endpoints and tokens here, as JSON, when ready")
	flags.IntVar(&c.parentPID, "parent-pid", 0, "stop when this process is gone, 0 = stay")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	err := c.finish(secret, flags.Args())
	if err != nil {
		_, _ = fmt.Fprintf(usage, "celestia-devnet: %v\n", err)
	}
	return c, err
}

func (c *config) finish(secret string, rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("unexpected argument %q", rest[0])
	case c.mode != "all" && c.mode != "core" && c.mode != "bridge":
		return fmt.Errorf("unknown mode %q", c.mode)
	case c.mode == "bridge" && c.coreGRPCPort == 0:
		return errors.New("mode bridge needs --core-grpc-port")
	case c.accounts < 1:
		return errors.New("at least one account is needed")
	case c.blockTime <= 0:
		return errors.New("the block time must be positive")
	case c.db != "memdb" && c.db != "goleveldb":
		return fmt.Errorf("unknown db %q", c.db)
	}
	c.jwtSecret = make([]byte, 32)
	if secret == "" {
		_, err := rand.Read(c.jwtSecret)
		return err
	}
	decoded, err := hex.DecodeString(secret)
	if err != nil || len(decoded) != 32 {
		return errors.New("the JWT secret must be 32 bytes of hex")
	}
	c.jwtSecret = decoded
	return nil
}
