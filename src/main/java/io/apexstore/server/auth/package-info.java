/**
 * Who may do what: tokens, of which the store keeps only hashes, and the roles that they carry.
 *
 * <p>A token reads {@code apx_<id>_<secret>}. The id, 16 hexadecimal digits, is looked up; the
 * secret, 256 random bits in Base64 for URLs, is compared in constant time with the hash that is
 * kept. Records lie in the internal keyspace {@code _tokens}, the id as the key.
 */
@NullMarked
package io.apexstore.server.auth;

import org.jspecify.annotations.NullMarked;
