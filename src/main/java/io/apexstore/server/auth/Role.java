package io.apexstore.server.auth;

import org.jspecify.annotations.Nullable;

/** What a token allows; each role includes those before it. */
public enum Role {
  /** Reading keys and figures. */
  READ((byte) 0),
  /** Writing keys too. */
  WRITE((byte) 1),
  /** Everything. */
  ADMIN((byte) 2);

  private final byte code;

  Role(byte code) {
    this.code = code;
  }

  /** Returns what stands for it in a token's record. */
  byte code() {
    return code;
  }

  /** Returns the role of a token's record, or null. */
  static @Nullable Role ofCode(byte code) {
    for (Role role : values()) {
      if (role.code == code) {
        return role;
      }
    }
    return null;
  }

  /** Whether this role may do what the other one may. */
  public boolean includes(Role other) {
    return compareTo(other) >= 0;
  }
}
