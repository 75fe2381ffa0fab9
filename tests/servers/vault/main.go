// Vault, as far as the registrar's tests need it: its own core and HTTP server with the engine `kv` and
// the login by a pod's token, on one port, in memory. The whole program brings a hundred other plugins along.
package main

import (
	"context"
	"encoding/hex"
	"flag"
	"fmt"
	"log"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"

	"github.com/hashicorp/go-hclog"
	kubernetes "github.com/hashicorp/vault-plugin-auth-kubernetes"
	kv "github.com/hashicorp/vault-plugin-secrets-kv"
	vaulthttp "github.com/hashicorp/vault/http"
	"github.com/hashicorp/vault/internalshared/configutil"
	"github.com/hashicorp/vault/sdk/helper/consts"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/physical/inmem"
	"github.com/hashicorp/vault/vault"
)

var (
	engines = map[string]logical.Factory{"kv": kv.VersionedKVFactory}
	logins  = map[string]logical.Factory{"kubernetes": kubernetes.Factory}
)

// What is built in, as Vault asks for it.
type builtin struct{}

func (builtin) of(kind consts.PluginType) map[string]logical.Factory {
	switch kind {
	case consts.PluginTypeSecrets:
		return engines
	case consts.PluginTypeCredential:
		return logins
	default:
		return nil
	}
}

func (b builtin) Contains(name string, kind consts.PluginType) bool {
	_, ok := b.of(kind)[name]
	return ok
}

func (b builtin) Get(name string, kind consts.PluginType) (func() (any, error), bool) {
	factory, ok := b.of(kind)[name]
	return func() (any, error) { return factory, nil }, ok
}

func (b builtin) Keys(kind consts.PluginType) []string {
	return slices.Collect(maps.Keys(b.of(kind)))
}

func (b builtin) DeprecationStatus(name string, kind consts.PluginType) (consts.DeprecationStatus, bool) {
	return consts.Supported, b.Contains(name, kind)
}

func (builtin) IsBuiltinEntPlugin(string, consts.PluginType) bool { return false }

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "where it listens")
	flag.Parse()
	logger := hclog.New(&hclog.LoggerOptions{Output: os.Stderr, Level: hclog.Warn})
	storage, err := inmem.NewInmem(nil, logger)
	check(err)
	core, err := vault.NewCore(&vault.CoreConfig{
		Physical:           storage,
		Logger:             logger,
		DisableMlock:       true,
		LogicalBackends:    engines,
		CredentialBackends: logins,
		BuiltinRegistry:    builtin{},
	})
	check(err)
	ctx := context.Background()
	shares := &vault.SealConfig{SecretShares: 1, SecretThreshold: 1}
	made, err := core.Initialize(ctx, &vault.InitParams{BarrierConfig: shares, RecoveryConfig: shares})
	check(err)
	for _, share := range made.SecretShares {
		_, err := core.Unseal(share)
		check(err)
	}
	socket, err := net.Listen("tcp", *listen)
	check(err)
	// One line tells the tests all that they need.
	fmt.Println(socket.Addr(), made.RootToken, hex.EncodeToString(made.SecretShares[0]))
	handler := vaulthttp.Handler.Handler(&vault.HandlerProperties{
		Core:           core,
		ListenerConfig: &configutil.Listener{},
	})
	check(http.Serve(socket, handler))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
