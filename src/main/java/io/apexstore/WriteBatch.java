package io.apexstore;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.Limits;
import java.lang.foreign.MemorySegment;

/**
 * Puts and deletes that become visible together, under one version, or not at all. A later
 * operation on a key of the batch replaces an earlier one. Once written, a batch takes no more
 * operations; writing it again, after a failure for example, commits it anew.
 *
 * <p>Limits: 80 MiB of encoded operations; keys of 1 B to 64 KiB; values up to 64 MiB, or what the
 * store's options say.
 *
 * <p><b>Threads:</b> confined to one at a time. <b>Errors:</b> every method fails with {@link
 * ApexException} {@code INVALID_REQUEST} where a limit is exceeded, and {@code CLOSED} once
 * written.
 */
public final class WriteBatch {
  private final ApexStore store;
  private final Batch batch = new Batch(256);

  WriteBatch(ApexStore store) {
    this.store = store;
  }

  /** Adds a put in the default keyspace. */
  public WriteBatch put(byte[] key, byte[] value) {
    return put(store.defaultKeyspace(), key, value);
  }

  /** Adds a deletion in the default keyspace. */
  public WriteBatch delete(byte[] key) {
    return delete(store.defaultKeyspace(), key);
  }

  /** Adds a put in a keyspace of the same store. */
  public WriteBatch put(Keyspace keyspace, byte[] key, byte[] value) {
    int id = keyspace.idIn(store);
    Arguments.checkKey(key);
    Arguments.checkValue(value.length, store.options());
    Failures.translate(
        () -> batch.put(id, key, Limits.NEVER_EXPIRES, MemorySegment.ofArray(value)));
    return this;
  }

  /** Adds a deletion in a keyspace of the same store. */
  public WriteBatch delete(Keyspace keyspace, byte[] key) {
    int id = keyspace.idIn(store);
    Arguments.checkKey(key);
    Failures.translate(() -> batch.delete(id, key));
    return this;
  }

  /** Returns how many operations were added. */
  public int size() {
    return batch.operations();
  }

  /** Returns the bytes of the keys and values added. */
  public long sizeBytes() {
    return batch.userBytes();
  }

  Batch sealFor(ApexStore target) {
    if (target != store) {
      throw new ApexException(
          ApexException.Code.INVALID_REQUEST, "the batch was made by another store", null);
    }
    Failures.translate(batch::seal);
    return batch;
  }
}
