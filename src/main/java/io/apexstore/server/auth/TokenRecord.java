package io.apexstore.server.auth;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The record of a token in the store. It has a hash in place of the secret.
 *
 * <pre>
 * 0        1      2            10                  42
 * | format | role | created ms | SHA-256 of secret |
 * </pre>
 *
 * The time is little-endian.
 *
 * @param id the token's id; the key of the record
 * @param role what the token allows
 * @param createdMs when the token was created, in ms since the epoch
 * @param secretHash SHA-256 of the secret's text
 */
record TokenRecord(String id, Role role, long createdMs, byte[] secretHash) {
  private static final byte FORMAT = 1;
  private static final int HASH_BYTES = 32;
  private static final int BYTES = 1 + 1 + Long.BYTES + HASH_BYTES;

  byte[] encode() {
    return ByteBuffer.allocate(BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(FORMAT)
        .put(role.code())
        .putLong(createdMs)
        .put(secretHash)
        .array();
  }

  static TokenRecord decode(String id, byte[] bytes) {
    Role role = bytes.length == BYTES && bytes[0] == FORMAT ? Role.ofCode(bytes[1]) : null;
    if (role == null) {
      throw new IllegalStateException(
          "token " + id + ": this version cannot read its record of " + bytes.length + " bytes");
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    return new TokenRecord(
        id, role, buffer.getLong(2), Arrays.copyOfRange(bytes, 2 + Long.BYTES, BYTES));
  }
}
