package physical

import "context"

// What Vault 1.14.8 takes from its own copy of this module, and the published one does not have.

type FencingHABackend interface {
	HABackend
	RegisterActiveNodeLock(lock Lock) error
}

type unfencedKey struct{}

func UnfencedWriteCtx(ctx context.Context) context.Context {
	return context.WithValue(ctx, unfencedKey{}, true)
}

func IsUnfencedWrite(ctx context.Context) bool {
	unfenced, _ := ctx.Value(unfencedKey{}).(bool)
	return unfenced
}
