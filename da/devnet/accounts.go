package main

import (
	"fmt"

	"github.com/celestiaorg/celestia-app/v8/app"
	"github.com/celestiaorg/celestia-app/v8/app/encoding"
	"github.com/cosmos/cosmos-sdk/crypto/hd"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	sdk "github.com/cosmos/cosmos-sdk/types"
)

// accounts are funded in the genesis; names[0] pays for the bridge's transactions.
type accounts struct {
	keyring   keyring.Keyring
	names     []string
	addresses map[string]string
}

// fundedAccounts derives count accounts from the mnemonic, HD index 0, 1, 2, ...
func fundedAccounts(mnemonic string, count int) (accounts, error) {
	a := accounts{
		keyring:   keyring.NewInMemory(encoding.MakeConfig(app.ModuleEncodingRegisters...).Codec),
		addresses: map[string]string{},
	}
	for i := range count {
		name := fmt.Sprintf("acc%d", i)
		path := hd.CreateHDPath(sdk.GetConfig().GetCoinType(), 0, uint32(i)).String()
		record, err := a.keyring.NewAccount(name, mnemonic, "", path, hd.Secp256k1)
		if err != nil {
			return a, fmt.Errorf("deriving account %d: %w", i, err)
		}
		address, err := record.GetAddress()
		if err != nil {
			return a, fmt.Errorf("deriving account %d: %w", i, err)
		}
		a.names = append(a.names, name)
		a.addresses[name] = address.String()
	}
	return a, nil
}
