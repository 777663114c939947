package main

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/celestiaorg/celestia-node/api/rpc/perms"
	"github.com/celestiaorg/celestia-node/libs/authtoken"
	"github.com/celestiaorg/celestia-node/libs/keystore"
	"github.com/celestiaorg/celestia-node/nodebuilder"
	"github.com/celestiaorg/celestia-node/nodebuilder/node"
	"github.com/celestiaorg/celestia-node/nodebuilder/p2p"
	"github.com/celestiaorg/celestia-node/nodebuilder/state"
	"github.com/filecoin-project/go-jsonrpc/auth"
	lp2pcrypto "github.com/libp2p/go-libp2p/core/crypto"
	mocknet "github.com/libp2p/go-libp2p/p2p/net/mock"
	ma "github.com/multiformats/go-multiaddr"
	"go.uber.org/fx"
)

// bridge is a running celestia-node bridge.
type bridge struct {
	rpc    string            // URL of the JSON-RPC
	tokens map[string]string // permission level to bearer token
	stop   func()
}

// startBridge starts a bridge on the chain behind coreGRPC (host:port).
func startBridge(ctx context.Context, cfg config, home string, keys accounts, coreGRPC string) (*bridge, error) {
	store, err := bridgeStore(cfg, keys, coreGRPC)
	if err != nil {
		return nil, err
	}
	// An in-memory libp2p host: no sockets, no peers.
	key, _, err := lp2pcrypto.GenerateEd25519Key(zeroes{})
	if err != nil {
		return nil, err
	}
	host, err := mocknet.New().AddPeer(key, ma.StringCast("/ip4/127.0.0.1/tcp/2121"))
	if err != nil {
		return nil, err
	}
	blocks := filepath.Join(home, "bridge")
	if err := os.MkdirAll(blocks, 0o755); err != nil {
		return nil, err
	}
	nd, err := nodebuilder.New(node.Bridge, p2p.Private, store,
		p2p.WithHost(host),
		fx.Replace(node.StorePath(blocks)),
		state.WithKeyring(keys.keyring),
		state.WithKeyName(state.AccountName(keys.names[0])),
	)
	if err != nil {
		return nil, err
	}
	if err := nd.Start(ctx); err != nil {
		return nil, err
	}
	running := &bridge{
		rpc:    "http://" + nd.RPCServer.ListenAddr(),
		tokens: map[string]string{},
		stop: func() {
			limit, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			logError("stopping the bridge", nd.Stop(limit))
		},
	}
	levels := map[string][]auth.Permission{"read": perms.ReadPerms, "write": perms.ReadWritePerms, "admin": perms.AllPerms}
	for level, permissions := range levels {
		token, err := authtoken.NewSignedJWT(nd.AdminSigner, permissions, 0)
		if err != nil {
			running.stop()
			return nil, err
		}
		running.tokens[level] = token
	}
	return running, nil
}

func bridgeStore(cfg config, keys accounts, coreGRPC string) (nodebuilder.Store, error) {
	ip, port, err := net.SplitHostPort(coreGRPC)
	if err != nil {
		return nil, err
	}
	c := nodebuilder.DefaultConfig(node.Bridge)
	c.Core.IP, c.Core.Port = ip, port
	c.RPC.Address, c.RPC.Port = "127.0.0.1", strconv.Itoa(cfg.rpcPort)
	c.State.TxWorkerAccounts = cfg.txWorkers
	c.State.DefaultKeyName = keys.names[0]
	store := nodebuilder.NewMemStore()
	if err := store.PutConfig(c); err != nil {
		return nil, err
	}
	secrets, err := store.Keystore()
	if err != nil {
		return nil, err
	}
	return store, secrets.Put(node.SecretName, keystore.PrivKey{Body: cfg.jwtSecret})
}

// zeroes makes the identity of a host nobody can reach a constant.
type zeroes struct{}

func (zeroes) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}
