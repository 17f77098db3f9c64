package io.apexstore.server.auth;

import org.jspecify.annotations.Nullable;

/** What a token allows. Each role includes the ones before it. */
public enum Role {
  /** Reads keys and statistics. */
  READ((byte) 0),
  /** Also writes keys. */
  WRITE((byte) 1),
  /** Also administers the server and its keyspaces. */
  ADMIN((byte) 2);

  private final byte code;

  Role(byte code) {
    this.code = code;
  }

  /** Returns the code of this role in a token's record. */
  byte code() {
    return code;
  }

  /** Returns the role with a code, or null if there is none. */
  static @Nullable Role ofCode(byte code) {
    for (Role role : values()) {
      if (role.code == code) {
        return role;
      }
    }
    return null;
  }

  /** Returns whether this role allows all that the other one allows. */
  public boolean includes(Role other) {
    return compareTo(other) >= 0;
  }
}
