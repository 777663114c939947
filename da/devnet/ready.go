package main

import (
	"encoding/json"
	"fmt"
	"os"
)

// readyInfo is what a caller needs to use the devnet.
type readyInfo struct {
	RPC      string            `json:"rpc,omitempty"`
	Tokens   map[string]string `json:"tokens,omitempty"`
	CoreRPC  string            `json:"coreRpc,omitempty"`
	CoreGRPC string            `json:"coreGrpc"`
	ChainID  string            `json:"chainId"`
	Accounts map[string]string `json:"accounts"`
	PID      int               `json:"pid"`
	ReadyMs  int64             `json:"readyMs"`
}

// announce prints one line "READY <json>" and, if path is given, writes the same JSON there in one step.
func (r readyInfo) announce(path string) error {
	out, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if path != "" {
		if err := os.WriteFile(path+".tmp", out, 0o600); err != nil { // it holds tokens
			return err
		}
		if err := os.Rename(path+".tmp", path); err != nil {
			return err
		}
	}
	_, err = fmt.Println("READY " + string(out))
	return err
}
