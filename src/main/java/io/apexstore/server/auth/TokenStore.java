package io.apexstore.server.auth;

import io.apexstore.ApexStore;
import io.apexstore.Cursor;
import io.apexstore.KeyRange;
import io.apexstore.Keyspace;
import io.apexstore.options.SyncMode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The tokens that are known, in memory as in the store.
 *
 * <p><b>Threads:</b> {@link #verify} any, and never waits; {@link #open} and {@link #create} may
 * wait for the disk. <b>Invariants:</b> a token is in memory only once its record is durable.
 */
public final class TokenStore {
  private static final String KEYSPACE = "_tokens";

  /** Compared with where an id is unknown, so that this takes as long as a wrong secret. */
  private static final byte[] NO_HASH = new byte[32];

  private final ApexStore store;
  private final Keyspace keyspace;
  private final SecureRandom random = new SecureRandom();
  private final Map<String, TokenRecord> recordsById = new ConcurrentHashMap<>();

  private TokenStore(ApexStore store, Keyspace keyspace) {
    this.store = store;
    this.keyspace = keyspace;
  }

  /** Reads the tokens of a store. */
  public static TokenStore open(ApexStore store) {
    Keyspace keyspace = store.keyspace(KEYSPACE);
    TokenStore tokens = new TokenStore(store, keyspace);
    try (Cursor cursor = keyspace.scan(KeyRange.all())) {
      while (cursor.next()) {
        String id = new String(cursor.key(), StandardCharsets.US_ASCII);
        tokens.recordsById.put(id, TokenRecord.decode(id, cursor.value()));
      }
    }
    return tokens;
  }

  /** Whether there is none yet. */
  public boolean isEmpty() {
    return recordsById.isEmpty();
  }

  /** Makes a token whose text is known before its record is kept; see {@link #keep}. */
  TokenText draw() {
    return TokenText.random(random);
  }

  /** Keeps a token: from now on it is accepted, also after a restart. */
  void keep(TokenText token, Role role, long nowMs) {
    TokenRecord tokenRecord = new TokenRecord(token.id(), role, nowMs, token.secretHash());
    store.write(
        store
            .newBatch()
            .put(keyspace, token.id().getBytes(StandardCharsets.US_ASCII), tokenRecord.encode()),
        SyncMode.GROUP);
    recordsById.put(token.id(), tokenRecord);
  }

  /** Makes a token and returns its text, which nobody can find out afterwards. */
  public String create(Role role, long nowMs) {
    TokenText token = draw();
    keep(token, role, nowMs);
    return token.text();
  }

  /** Returns the role of a token, or null if it is not known. */
  public @Nullable Role verify(String text) {
    TokenText token = TokenText.parse(text);
    if (token == null) {
      return null;
    }
    TokenRecord known = recordsById.get(token.id());
    byte[] expected = known == null ? NO_HASH : known.secretHash();
    boolean same = MessageDigest.isEqual(expected, token.secretHash());
    return same && known != null ? known.role() : null;
  }
}
