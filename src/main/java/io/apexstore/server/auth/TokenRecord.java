package io.apexstore.server.auth;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * What the store keeps of a token.
 *
 * <pre>
 * 0        1      2         10           42
 * | format | role | made ms | SHA-256 of secret |
 * </pre>
 *
 * @param id its id
 * @param role what it allows
 * @param madeMs when it was made, in ms since the epoch
 * @param secretHash SHA-256 of the secret's text
 */
record TokenRecord(String id, Role role, long madeMs, byte[] secretHash) {
  private static final byte FORMAT = 1;
  private static final int HASH_BYTES = 32;
  private static final int BYTES = 1 + 1 + Long.BYTES + HASH_BYTES;

  byte[] encode() {
    return ByteBuffer.allocate(BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(FORMAT)
        .put(role.code())
        .putLong(madeMs)
        .put(secretHash)
        .array();
  }

  static TokenRecord decode(String id, byte[] bytes) {
    Role role = bytes.length == BYTES && bytes[0] == FORMAT ? Role.ofCode(bytes[1]) : null;
    if (role == null) {
      throw new IllegalStateException(
          "token " + id + ": a record of " + bytes.length + " bytes that this version cannot read");
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    return new TokenRecord(
        id, role, buffer.getLong(2), Arrays.copyOfRange(bytes, 2 + Long.BYTES, BYTES));
  }
}
