// Made by `cargo xtask codegen`.

/** The version of the core and of this package. */
export const version = "0.1.0";
