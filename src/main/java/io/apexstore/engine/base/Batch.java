package io.apexstore.engine.base;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The operations of one commit, in the encoding of the log.
 *
 * <pre>
 *   operation := kind      1 byte: a {@link ValueKind} code, plus 0x10 if the entry expires, 0x40 if
 *                          a delete removes an expired entry, 0x80 if the previous value follows
 *                keyspace  varint
 *                key       varint length, then the bytes; of a range, its first key, or no bytes
 *                          for no bound
 *                expiry    8 bytes, little-endian ms since the epoch; only with 0x10
 *                value     varint length, then the bytes; of a put; of a range, the first key
 *                          past it, or no bytes for no bound
 *                previous  varint length, then the bytes; only with 0x80
 * </pre>
 *
 * <p>{@link #seal} makes the batch canonical: it has at most one operation a key, and none on a key
 * that a later range delete of the batch covers. So the order of the operations does not matter
 * inside the one version of the commit. A later operation on a key replaces an earlier one. A range
 * tombstone hides lower versions only, so later puts of the same batch into its range stay visible.
 *
 * <p><b>Threads:</b> confined to one until sealed; then read by any.
 */
public final class Batch {
  /**
   * The most bytes that an operation takes besides its key and value, or a previous value besides
   * its own bytes.
   */
  public static final int OVERHEAD_MAX = 1 + 5 + 5 + 8 + 5;

  private static final int GROWTH_BYTES_MAX = 8 << 20;

  static final int EXPIRES = 0x10;
  // Only while the batch is built: a put that a later operation replaced; its kind is 0.
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
  // The offset of the operation that was added last.
  private int lastHead = -1;
  private long userBytes;
  private @Nullable DueTimes dueTimes;
  private boolean sealed;
  // From the second operation on; see BatchIndex.
  private int @Nullable [] index;
  private boolean replaced;
  private int rangeDeleteCount;
  private int onlyKeyspaceId = NO_KEYSPACE;

  /**
   * Creates an empty batch with room for {@code capacity} bytes; it grows when they are used up.
   */
  public Batch(int capacity) {
    this.bytes = new byte[capacity];
  }

  /** Returns a sealed batch of one put, the common case, with one allocation. */
  public static Batch ofPut(int keyspaceId, byte[] key, byte[] value) {
    Batch batch = new Batch(OVERHEAD_MAX + key.length + value.length);
    batch.append(ValueKind.PUT, keyspaceId, key, Limits.NEVER_EXPIRES, value.length);
    System.arraycopy(value, 0, batch.bytes, batch.length, value.length);
    batch.length += value.length;
    batch.sealed = true;
    return batch;
  }

  /** Returns a sealed batch of one delete. */
  public static Batch ofDelete(int keyspaceId, byte[] key) {
    Batch batch = new Batch(OVERHEAD_MAX + key.length);
    batch.append(ValueKind.DELETE, keyspaceId, key, Limits.NEVER_EXPIRES, 0);
    batch.sealed = true;
    return batch;
  }

  /** Returns a reader of a batch in the bytes of a log record, which must not change meanwhile. */
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

  /** Adds a delete. */
  public void delete(int keyspaceId, byte[] key) {
    requireOpen();
    requireRoom(key, 0);
    supersede(keyspaceId, key);
    append(ValueKind.DELETE, keyspaceId, key, Limits.NEVER_EXPIRES, 0);
  }

  /** Adds a delete that removes an expired entry; a change feed reports it as an expiration. */
  public void deleteExpired(int keyspaceId, byte[] key) {
    int head = length;
    delete(keyspaceId, key);
    bytes[head] |= EXPIRATION;
  }

  /**
   * Adds a range delete: all keys of a range.
   *
   * @param from first key; empty for no bound
   * @param to first key past the range, at least one byte; null for no bound
   */
  public void deleteRange(int keyspaceId, byte[] from, byte @Nullable [] to) {
    requireOpen();
    if (rangeDeleteCount == Limits.BATCH_RANGE_DELETES_MAX) {
      throw new EngineException(
          EngineException.Failure.INVALID_REQUEST,
          "the batch has more than " + Limits.BATCH_RANGE_DELETES_MAX + " range deletes");
    }
    byte[] end = to == null ? new byte[0] : to;
    append(ValueKind.RANGE_DELETE, keyspaceId, from, Limits.NEVER_EXPIRES, end.length);
    System.arraycopy(end, 0, bytes, length, end.length);
    length += end.length;
    rangeDeleteCount++;
  }

  /**
   * Adds the previous value of the key to the operation that was added last, for change feeds. The
   * caller guarantees that it is right at the version of the commit.
   */
  public void addPreviousValue(byte[] value) {
    requireOpen();
    long needed = requireRoom(value, 0);
    if (lastHead < 0 || (bytes[lastHead] & HAS_PREVIOUS_VALUE) != 0) {
      throw new IllegalStateException("no operation, or one that has a previous value already");
    }
    growTo(needed);
    bytes[lastHead] |= (byte) HAS_PREVIOUS_VALUE;
    length = Varints.put(bytes, length, value.length);
    System.arraycopy(value, 0, bytes, length, value.length);
    length += value.length;
  }

  /** Puts the batch into its canonical form; nothing can be added afterwards. */
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

  /** Whether the batch is sealed. */
  public boolean isSealed() {
    return sealed;
  }

  /** The encoded operations; only the first {@link #length()} bytes belong to them. */
  public byte[] bytes() {
    return bytes;
  }

  /** The encoded length in bytes. */
  public int length() {
    return length;
  }

  /** The number of operations that were added, replaced ones included. */
  public int operations() {
    return operations;
  }

  /** The keyspace of all operations; negative if there are several keyspaces or no operation. */
  public int onlyKeyspaceId() {
    return onlyKeyspaceId;
  }

  /** The number of range deletes. */
  public int rangeDeleteCount() {
    return rangeDeleteCount;
  }

  /**
   * Notes that the sweep has to look at a keyspace at a time, in ms since the epoch; it is notified
   * of that once the batch is committed.
   */
  public void noteDue(int keyspaceId, long timeMs) {
    DueTimes known = dueTimes;
    if (known == null) {
      known = new DueTimes();
      dueTimes = known;
    }
    known.add(keyspaceId, timeMs);
  }

  /** Notes what another batch has noted. */
  public void noteDueOf(Batch other) {
    other.forEachDue(this::noteDue);
  }

  /** Whether anything was noted by {@link #noteDue}. */
  public boolean isAnyDue() {
    return dueTimes != null;
  }

  /** Passes on the earliest time that was noted for each keyspace. */
  public void forEachDue(DueTimes.Receiver receiver) {
    DueTimes known = dueTimes;
    if (known != null) {
      known.forEach(receiver);
    }
  }

  /** The bytes of the keys and values that were added. */
  public long userBytes() {
    return userBytes;
  }

  /** Returns an open batch with the same operations. */
  public Batch copy() {
    Batch copy = new Batch(0);
    copy.bytes = Arrays.copyOf(bytes, length);
    copy.length = length;
    copy.operations = operations;
    copy.userBytes = userBytes;
    copy.noteDueOf(this);
    copy.replaced = replaced;
    copy.rangeDeleteCount = rangeDeleteCount;
    copy.onlyKeyspaceId = onlyKeyspaceId;
    return copy;
  }

  /** Returns a reader at the newest operation on a single key, or null. */
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

  /** Returns a reader before the first operation. */
  public BatchReader reader() {
    return new BatchReader(bytes, 0, length);
  }

  private void requireOpen() {
    if (sealed) {
      throw new EngineException(
          EngineException.Failure.CLOSED, "the batch was written already and cannot be changed");
    }
  }

  // Checks before anything is changed. Returns an upper bound of the length with the operation.
  private long requireRoom(byte[] key, int valueLength) {
    long needed = (long) length + OVERHEAD_MAX + key.length + valueLength;
    if (needed > Limits.BATCH_BYTES_MAX) {
      throw new EngineException(
          EngineException.Failure.TOO_LARGE,
          "the batch would be " + needed + " bytes, allowed are " + Limits.BATCH_BYTES_MAX);
    }
    return needed;
  }

  private void growTo(long needed) {
    if (needed > bytes.length) {
      long more = Math.min(bytes.length, GROWTH_BYTES_MAX); // A long batch does not double.
      int grown = (int) Math.min(Limits.BATCH_BYTES_MAX, Math.max(needed, bytes.length + more));
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

  // Marks an earlier operation on the key as replaced (kind 0) and enters the new one in the index.
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
    BatchReader old = reader();
    old.moveTo(head);
    userBytes -= old.keyLength() + old.valueLength();
    boolean put = (bytes[head] & KIND_MASK) == ValueKind.PUT.code();
    bytes[head] =
        (byte) ((bytes[head] & (EXPIRES | HAS_PREVIOUS_VALUE)) | (put ? REPLACED_PUT : 0));
    replaced = true;
  }

  // Marks the operations on keys as replaced that a later range delete covers.
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
