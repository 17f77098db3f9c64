/**
 * Authentication and roles.
 *
 * <p>A request carries a token in its Authorization header. {@link
 * io.apexstore.server.auth.Authenticator} verifies it against the {@link
 * io.apexstore.server.auth.TokenStore} and returns the caller's {@link
 * io.apexstore.server.auth.Role}. The server's dispatcher compares the role with the one that the
 * endpoint requires.
 *
 * <p>A token reads {@code apx_<id>_<secret>} ({@code TokenText}). The id is 16 hexadecimal digits;
 * the token's record is found by it. The secret is 256 random bits in Base64 for URLs. The store
 * keeps only a hash of the secret ({@code TokenRecord}), in the internal keyspace {@code _tokens},
 * with the id as the key. Hashes are compared in constant time.
 *
 * <p>{@link io.apexstore.server.auth.FirstToken} creates the administrator's token of a new store
 * and writes it to a file.
 */
@NullMarked
package io.apexstore.server.auth;

import org.jspecify.annotations.NullMarked;
