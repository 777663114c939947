package main

import (
	"context"
	"fmt"
	"log"
	"path/filepath"
	"time"

	"github.com/celestiaorg/celestia-app/v8/test/util/genesis"
	"github.com/celestiaorg/celestia-app/v8/test/util/testnode"
	"github.com/cometbft/cometbft/crypto/ed25519"

	"herald.example/da/devnet/internal/ports"
)

// core is a running single-validator chain.
type core struct {
	rpc  string // URL
	grpc string // host:port
	stop func()
}

// startCore starts the chain and returns once a bridge may be pointed at it.
func startCore(ctx context.Context, cfg config, home string, keys accounts) (*core, error) {
	nodeConfig, err := coreConfig(cfg, keys)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(home, "core")
	if err := genesis.InitFiles(dir, nodeConfig.TmConfig, nodeConfig.AppConfig, nodeConfig.Genesis, 0); err != nil {
		return nil, err
	}
	comet, application, err := testnode.NewCometNode(dir, &nodeConfig.UniversalTestingConfig)
	if err != nil {
		return nil, err
	}
	client := testnode.NewContext(ctx, keys.keyring, nodeConfig.TmConfig, chainID, nodeConfig.AppConfig.API.Address)
	client, stopNode, err := testnode.StartNode(comet, client)
	if err != nil {
		return nil, err
	}
	stop := func() { logError("stopping the chain", stopNode()) }
	environment, err := comet.ConfigureRPC()
	if err != nil {
		stop()
		return nil, err
	}
	_, client, stopGRPC, err := testnode.StartGRPCServer(nil, application, nodeConfig.AppConfig, client, environment)
	if err == nil {
		err = ctx.Err() // an interrupted start gives an empty client and no error
	}
	if err != nil {
		stop()
		return nil, err
	}
	running := &core{
		rpc:  "http://" + nodeConfig.TmConfig.RPC.ListenAddress[len("tcp://"):],
		grpc: nodeConfig.AppConfig.GRPC.Address,
		stop: func() {
			logError("stopping the chain's gRPC", stopGRPC())
			stop()
		},
	}
	// A bridge must not be started before the application has committed block 2.
	for {
		if info, err := client.Client.ABCIInfo(ctx); err == nil && info.Response.LastBlockHeight >= 2 {
			return running, nil
		}
		select {
		case <-ctx.Done():
			running.stop()
			return nil, ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func coreConfig(cfg config, keys accounts) (*testnode.Config, error) {
	g := genesis.NewDefaultGenesis().
		WithKeyring(keys.keyring).
		WithConsensusParams(testnode.DefaultConsensusParams()).
		WithChainID(chainID)
	for _, name := range keys.names {
		record, err := keys.keyring.Key(name)
		if err != nil {
			return nil, err
		}
		key, err := record.GetPubKey()
		if err != nil {
			return nil, err
		}
		account := genesis.Account{PubKey: key, Balance: genesis.DefaultInitialBalance, Name: name}
		if err := g.AddAccount(account); err != nil {
			return nil, err
		}
	}
	// The last funded account is also the operator of the only validator.
	operator := genesis.KeyringAccount{Name: keys.names[len(keys.names)-1], InitialTokens: genesis.DefaultInitialBalance}
	err := g.AddValidator(genesis.Validator{
		KeyringAccount: operator,
		Stake:          genesis.DefaultInitialBalance / 2,
		ConsensusKey:   ed25519.GenPrivKeyFromSecret([]byte("celestia-devnet consensus key")),
		NetworkKey:     ed25519.GenPrivKeyFromSecret([]byte("celestia-devnet network key")),
	})
	if err != nil {
		return nil, err
	}
	free, err := ports.Resolve(cfg.coreRPCPort, cfg.coreGRPCPort, 0)
	if err != nil {
		return nil, err
	}
	c := testnode.DefaultConfig().
		WithGenesis(g).
		WithDelayedPrecommitTimeout(cfg.blockTime).
		WithTimeoutCommit(time.Millisecond).
		WithSuppressLogs(true)
	c.TmConfig.DBBackend = cfg.db
	c.TmConfig.Consensus.CreateEmptyBlocks = true
	c.TmConfig.RPC.ListenAddress = fmt.Sprintf("tcp://127.0.0.1:%d", free[0])
	c.AppConfig.GRPC.Address = fmt.Sprintf("127.0.0.1:%d", free[1])
	c.TmConfig.P2P.ListenAddress = fmt.Sprintf("tcp://127.0.0.1:%d", free[2])
	c.TmConfig.RPC.GRPCListenAddress = "" // only the application's gRPC is used
	c.AppConfig.API.Enable = false
	return c, nil
}

func logError(what string, err error) {
	if err != nil {
		log.Printf("%s: %v", what, err)
	}
}
