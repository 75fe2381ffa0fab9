package logical

import (
	"context"
	"io"
)

// What Vault 1.14.8 takes from its own copy of this module, and the published one does not have.

type CtxKeyRequestRole struct{}

type originalBodyKey struct{}

func CreateContextOriginalBody(parent context.Context, body io.ReadCloser) context.Context {
	return context.WithValue(parent, originalBodyKey{}, body)
}

func ContextOriginalBodyValue(ctx context.Context) (io.ReadCloser, bool) {
	body, ok := ctx.Value(originalBodyKey{}).(io.ReadCloser)
	return body, ok
}
