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
 * The tokens that the server accepts. Their records are in the store and, all of them, in memory.
 *
 * <p><b>Threads:</b> any. {@link #verify} never blocks; {@link #open} and {@link #create} may wait
 * for the disk. <b>Invariants:</b> a token is in memory only after its record is durable.
 */
public final class TokenStore {
  private static final String KEYSPACE = "_tokens";

  /**
   * The hash that is compared if an id is unknown, so that this takes as long as a wrong secret.
   */
  private static final byte[] NO_HASH = new byte[32];

  private final ApexStore store;
  private final Keyspace keyspace;
  private final SecureRandom random = new SecureRandom();
  private final Map<String, TokenRecord> recordsById = new ConcurrentHashMap<>();

  private TokenStore(ApexStore store, Keyspace keyspace) {
    this.store = store;
    this.keyspace = keyspace;
  }

  /** Reads the tokens of a store. Blocks. */
  public static TokenStore open(ApexStore store) {
    Keyspace keyspace = store.internalKeyspace(KEYSPACE);
    TokenStore tokens = new TokenStore(store, keyspace);
    try (Cursor cursor = keyspace.scan(KeyRange.all())) {
      while (cursor.next()) {
        String id = new String(cursor.key(), StandardCharsets.US_ASCII);
        tokens.recordsById.put(id, TokenRecord.decode(id, cursor.value()));
      }
    }
    return tokens;
  }

  /** Returns whether there are no tokens. */
  public boolean isEmpty() {
    return recordsById.isEmpty();
  }

  /** Generates a token, which is not accepted before {@link #store} has stored it. */
  TokenText generate() {
    return TokenText.random(random);
  }

  /** Stores a token durably. From now on it is accepted, also after a restart. */
  void store(TokenText token, Role role, long nowMs) {
    TokenRecord tokenRecord = new TokenRecord(token.id(), role, nowMs, token.secretHash());
    store.write(
        store
            .newBatch()
            .put(keyspace, token.id().getBytes(StandardCharsets.US_ASCII), tokenRecord.encode()),
        SyncMode.GROUP);
    recordsById.put(token.id(), tokenRecord);
  }

  /** Creates a token and returns its text, which cannot be recovered later. Blocks. */
  public String create(Role role, long nowMs) {
    TokenText token = generate();
    store(token, role, nowMs);
    return token.text();
  }

  /** Returns the role of a token, or null if the token is not accepted. */
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
