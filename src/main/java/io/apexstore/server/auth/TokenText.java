package io.apexstore.server.auth;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A token in the form that its holder has. Its {@code toString} does not show the secret.
 *
 * @param id the id by which the token's record is found
 * @param secret the secret, which only the holder knows
 */
record TokenText(String id, String secret) {
  private static final String PREFIX = "apx_";
  private static final int ID_LENGTH = 16;
  private static final int SECRET_LENGTH = 43;
  private static final int LENGTH = PREFIX.length() + ID_LENGTH + 1 + SECRET_LENGTH;

  static TokenText random(SecureRandom random) {
    byte[] id = new byte[ID_LENGTH / 2];
    random.nextBytes(id);
    byte[] secret = new byte[32];
    random.nextBytes(secret);
    return new TokenText(
        HexFormat.of().formatHex(id),
        Base64.getUrlEncoder().withoutPadding().encodeToString(secret));
  }

  /** Parses a token. Returns null if the text does not have the form of a token. */
  static @Nullable TokenText parse(String text) {
    int idEnd = PREFIX.length() + ID_LENGTH;
    if (text.length() != LENGTH || !text.startsWith(PREFIX) || text.charAt(idEnd) != '_') {
      return null;
    }
    return new TokenText(text.substring(PREFIX.length(), idEnd), text.substring(idEnd + 1));
  }

  String text() {
    return PREFIX + id + "_" + secret;
  }

  byte[] secretHash() {
    try {
      return MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  @Override
  public String toString() {
    return PREFIX + id + "_…";
  }
}
