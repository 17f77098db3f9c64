package io.apexstore.engine.base;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The operations of one commit in the bytes in which the log keeps them.
 *
 * <pre>
 *   operation := kind      1 byte: a {@link ValueKind} code, plus 0x10 where it expires, 0x40 where
 *                          a deletion takes away what had expired, 0x80 where the value before is told
 *                keyspace  varint
 *                key       varint length, then the bytes; of a range, its first key, or no bytes
 *                          for no bound
 *                expiry    8 bytes, little-endian ms since the epoch; only with 0x10
 *                value     varint length, then the bytes; of a put; of a range, the first key
 *                          behind it, or no bytes for no bound
 *                previous  varint length, then the bytes; only with 0x80
 * </pre>
 *
 * <p>The batch is canonical once {@link #seal} has returned: it holds at most one operation a key,
 * and none on a key of a range that was deleted later, so their order inside the one version of the
 * commit does not matter. A later operation on a key replaces an earlier one; the deletion of a
 * range hides lower versions only, and with them not what the batch puts into the range afterwards.
 *
 * <p><b>Threads:</b> confined to one until sealed; then read by any.
 */
public final class Batch {
  /** Most bytes that an operation takes besides its key and value, or a value before by itself. */
  public static final int OVERHEAD_MAX = 1 + 5 + 5 + 8 + 5;

  static final int EXPIRES = 0x10;
  // Only inside a batch being built: a put that a later operation replaced; its kind is 0.
  static final int REPLACED_PUT = 0x20;
  static final int EXPIRATION = 0x40;
  static final int HAS_PREVIOUS_VALUE = 0x80;
  static final int KIND_MASK = 0x0F;
  static final VarHandle LONG_LE =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final int NO_KEYSPACE = -1;
  private static final int SEVERAL_KEYSPACES = -2;

  private byte[] bytes;
  private int length;
  private int operations;
  // Where the operation begins that was added last.
  private int lastHead = -1;
  private long userBytes;
  private long earliestExpiryMs = Limits.NEVER_EXPIRES;
  private boolean sealed;
  // From the second operation on: open addressing over (keyspace, key), offset + 1 of each
  // operation.
  private int @Nullable [] index;
  private boolean replaced;
  private int rangeDeleteCount;
  private int onlyKeyspaceId = NO_KEYSPACE;

  /** Makes an empty batch with room for that many bytes before it must grow. */
  public Batch(int capacity) {
    this.bytes = new byte[capacity];
  }

  /** Returns a sealed batch of one put: the common case, in one allocation. */
  public static Batch ofPut(int keyspaceId, byte[] key, byte[] value) {
    Batch batch = new Batch(OVERHEAD_MAX + key.length + value.length);
    batch.append(ValueKind.PUT, keyspaceId, key, Limits.NEVER_EXPIRES, value.length);
    System.arraycopy(value, 0, batch.bytes, batch.length, value.length);
    batch.length += value.length;
    batch.sealed = true;
    return batch;
  }

  /** Returns a sealed batch of one deletion. */
  public static Batch ofDelete(int keyspaceId, byte[] key) {
    Batch batch = new Batch(OVERHEAD_MAX + key.length);
    batch.append(ValueKind.DELETE, keyspaceId, key, Limits.NEVER_EXPIRES, 0);
    batch.sealed = true;
    return batch;
  }

  /**
   * Returns a reader of a batch that stands in the bytes of a log, which must not change meanwhile.
   */
  public static BatchReader read(byte[] bytes, int offset, int length) {
    return new BatchReader(bytes, offset, length);
  }

  /** Adds a put. */
  public void put(int keyspaceId, byte[] key, long expiryMs, MemorySegment value) {
    requireOpen();
    int valueLength = (int) value.byteSize();
    requireRoom(key, valueLength);
    supersede(keyspaceId, key);
    append(ValueKind.PUT, keyspaceId, key, expiryMs, valueLength);
    MemorySegment.copy(value, ValueLayout.JAVA_BYTE, 0, bytes, length, valueLength);
    length += valueLength;
  }

  /** Adds a deletion. */
  public void delete(int keyspaceId, byte[] key) {
    requireOpen();
    requireRoom(key, 0);
    supersede(keyspaceId, key);
    append(ValueKind.DELETE, keyspaceId, key, Limits.NEVER_EXPIRES, 0);
  }

  /** Adds the deletion of an entry that has expired; a feed of changes tells it from others. */
  public void deleteExpired(int keyspaceId, byte[] key) {
    int head = length;
    delete(keyspaceId, key);
    bytes[head] |= EXPIRATION;
  }

  /**
   * Adds the deletion of all keys of a range.
   *
   * @param from first key; no bytes: no bound
   * @param to first key past the range, of a byte or more; null: no bound
   */
  public void deleteRange(int keyspaceId, byte[] from, byte @Nullable [] to) {
    requireOpen();
    if (rangeDeleteCount == Limits.BATCH_RANGE_DELETES_MAX) {
      throw new EngineException(
          EngineException.Failure.INVALID_REQUEST,
          "the batch deletes more than " + Limits.BATCH_RANGE_DELETES_MAX + " rangeDeleteCount");
    }
    byte[] end = to == null ? new byte[0] : to;
    append(ValueKind.RANGE_DELETE, keyspaceId, from, Limits.NEVER_EXPIRES, end.length);
    System.arraycopy(end, 0, bytes, length, end.length);
    length += end.length;
    rangeDeleteCount++;
  }

  /**
   * Adds to the operation that was added last which value the key had before, for feeds of changes.
   * The caller answers for its being right in the version of the commit.
   */
  public void addPreviousValue(byte[] value) {
    requireOpen();
    long needed = requireRoom(value, 0);
    if (lastHead < 0 || (bytes[lastHead] & HAS_PREVIOUS_VALUE) != 0) {
      throw new IllegalStateException("no operation, or one whose value before is told");
    }
    growTo(needed);
    bytes[lastHead] |= (byte) HAS_PREVIOUS_VALUE;
    length = Varints.put(bytes, length, value.length);
    System.arraycopy(value, 0, bytes, length, value.length);
    length += value.length;
  }

  /** Makes the batch canonical; nothing can be added any more. */
  public void seal() {
    if (rangeDeleteCount > 0) {
      replaceCovered();
    }
    if (replaced) {
      dropReplaced();
    }
    index = null;
    sealed = true;
  }

  /** Whether it is canonical and takes no more. */
  public boolean isSealed() {
    return sealed;
  }

  /** The encoded operations; only the first {@link #length()} bytes count. */
  public byte[] bytes() {
    return bytes;
  }

  /** The encoded length in bytes. */
  public int length() {
    return length;
  }

  /** How many operations were added, those replaced included. */
  public int operations() {
    return operations;
  }

  /** The keyspace that every operation is for; below 0 if there are several, or no operation. */
  public int onlyKeyspaceId() {
    return onlyKeyspaceId;
  }

  /** How many ranges it deletes. */
  public int rangeDeleteCount() {
    return rangeDeleteCount;
  }

  /**
   * The earliest expiry that was added, in ms since the epoch, {@link Limits#NEVER_EXPIRES} if none
   * was.
   */
  public long earliestExpiryMs() {
    return earliestExpiryMs;
  }

  /** Bytes of the keys and values added. */
  public long userBytes() {
    return userBytes;
  }

  /** Returns a batch with the same operations that takes more. */
  public Batch copy() {
    Batch copy = new Batch(0);
    copy.bytes = Arrays.copyOf(bytes, length);
    copy.length = length;
    copy.operations = operations;
    copy.userBytes = userBytes;
    copy.earliestExpiryMs = earliestExpiryMs;
    copy.replaced = replaced;
    copy.rangeDeleteCount = rangeDeleteCount;
    copy.onlyKeyspaceId = onlyKeyspaceId;
    return copy;
  }

  /** Returns a reader that stands at the newest operation on a key alone, or null. */
  public @Nullable BatchReader operationOn(int keyspaceId, byte[] key) {
    int[] slots = index;
    if (slots == null) {
      slots = BatchIndex.of(this, Math.max(16, operations * 4));
      index = slots;
    }
    BatchReader at = reader();
    int slot = BatchIndex.find(slots, at, keyspaceId, key, 0, key.length);
    if (slots[slot] == 0) {
      return null;
    }
    at.moveTo(slots[slot] - 1);
    return at;
  }

  /** Returns a reader that stands before the first operation. */
  public BatchReader reader() {
    return new BatchReader(bytes, 0, length);
  }

  private void requireOpen() {
    if (sealed) {
      throw new EngineException(
          EngineException.Failure.CLOSED, "the batch was written before and takes no more");
    }
  }

  // Comes before anything is changed. Returns the most bytes that the batch has with the operation.
  private long requireRoom(byte[] key, int valueLength) {
    long needed = (long) length + OVERHEAD_MAX + key.length + valueLength;
    if (needed > Limits.BATCH_BYTES_MAX) {
      throw new EngineException(
          EngineException.Failure.INVALID_REQUEST,
          "the batch would be " + needed + " bytes, allowed are " + Limits.BATCH_BYTES_MAX);
    }
    return needed;
  }

  private void growTo(long needed) {
    if (needed > bytes.length) {
      int grown = (int) Math.min(Limits.BATCH_BYTES_MAX, Math.max(needed, bytes.length * 2L));
      bytes = Arrays.copyOf(bytes, grown);
    }
  }

  private void append(ValueKind kind, int keyspaceId, byte[] key, long expiryMs, int valueLength) {
    growTo(requireRoom(key, valueLength));
    lastHead = length;
    boolean expires = expiryMs != Limits.NEVER_EXPIRES;
    bytes[length++] = (byte) (kind.code() | (expires ? EXPIRES : 0));
    length = Varints.put(bytes, length, keyspaceId);
    length = Varints.put(bytes, length, key.length);
    System.arraycopy(key, 0, bytes, length, key.length);
    length += key.length;
    if (expires) {
      if (earliestExpiryMs == Limits.NEVER_EXPIRES || expiryMs < earliestExpiryMs) {
        earliestExpiryMs = expiryMs;
      }
      LONG_LE.set(bytes, length, expiryMs);
      length += Long.BYTES;
    }
    if (kind != ValueKind.DELETE) {
      length = Varints.put(bytes, length, valueLength);
    }
    if (keyspaceId != onlyKeyspaceId) {
      onlyKeyspaceId = operations == 0 ? keyspaceId : SEVERAL_KEYSPACES;
    }
    operations++;
    userBytes += key.length + valueLength;
  }

  // Marks an earlier operation on the key as replaced (kind 0), and notes where the new one begins.
  private void supersede(int keyspaceId, byte[] key) {
    int[] slots = index;
    if (slots == null || operations * 2 >= slots.length) {
      slots = BatchIndex.of(this, Math.max(16, operations * 4));
      index = slots;
    }
    int slot = BatchIndex.find(slots, reader(), keyspaceId, key, 0, key.length);
    if (slots[slot] != 0) {
      replace(slots[slot] - 1);
    }
    slots[slot] = length + 1;
  }

  private void replace(int head) {
    boolean put = (bytes[head] & KIND_MASK) == ValueKind.PUT.code();
    bytes[head] = (byte) ((bytes[head] & (EXPIRES | HAS_PREVIOUS_VALUE)) | (put ? REPLACED_PUT : 0));
    replaced = true;
  }

  // Marks the operations on keys as replaced that lie in a range deleted after them.
  private void replaceCovered() {
    int[] heads = new int[operations];
    int count = 0;
    BatchReader at = new BatchReader(bytes, 0, length);
    while (at.next()) {
      heads[count++] = at.start();
    }
    KeyRangeSet later = new KeyRangeSet();
    for (int i = count - 1; i >= 0; i--) {
      at.moveTo(heads[i]);
      if (at.isRangeDelete()) {
        later.add(at.keyspaceId(), at.key(), at.rangeEnd());
      } else if (later.contains(at.keyspaceId(), at.key())) {
        replace(heads[i]);
      }
    }
  }

  private void dropReplaced() {
    BatchReader reader = new BatchReader(bytes, 0, length);
    int to = 0;
    while (reader.next()) {
      int size = reader.end() - reader.start();
      System.arraycopy(bytes, reader.start(), bytes, to, size);
      to += size;
    }
    length = to;
  }
}
