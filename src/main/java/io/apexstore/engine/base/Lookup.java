package io.apexstore.engine.base;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * One point read: the key and the read version go in, the entry comes out.
 *
 * <p>A source (memtable, table) that has an entry of the key with a version of at most {@link
 * #readVersion()} passes the newest such entry to {@link #found}; a tombstone is an answer like any
 * other. The value is copied out in that call. So a source may pass bytes that it validates only
 * afterwards, and call {@link #found} again if they had changed meanwhile.
 *
 * <p><b>Threads:</b> confined to the reading thread, which reuses it for many reads.
 */
public final class Lookup {
  private static final byte[] EMPTY = new byte[0];

  /** A larger array for keys is not kept for the next read. */
  private static final int OWN_KEY_BYTES_MAX = 1 << 10;

  /** A value of at most this many bytes is never lent, but copied into an array. */
  public static final int LENT_BYTES_MIN = 64 << 10;

  private byte[] ownKey = EMPTY;
  private byte[] key = EMPTY;
  private int keyLength;
  private long keyPrefix;
  private long keyHash;
  private long readVersion;
  private boolean cachedOnly;
  private boolean valueWanted = true;

  private @Nullable ValueKind kind;
  private long version;
  private long expiryMs;
  private int valueLength;
  private byte @Nullable [] value;
  private @Nullable MemorySegment target;
  private LentMemory.@Nullable Source lender;
  private @Nullable LentMemory lent;
  private long lentOffset;
  private boolean bounded;
  private int valueBytesMax;
  private boolean tooLong;

  /**
   * Starts a read of the key that fills the array.
   *
   * @param key not copied; must not change until the read has ended
   * @param readVersion entries of newer versions are not seen
   * @param cachedOnly whether a source must answer {@link Outcome#NEEDS_DISK} instead of reading a
   *     file
   */
  public void start(byte[] key, long readVersion, boolean cachedOnly) {
    start(key, key.length, readVersion, cachedOnly);
  }

  /**
   * Starts a read of the key that fills the segment.
   *
   * @param from copied; not longer than a key may be
   * @param readVersion entries of newer versions are not seen
   * @param cachedOnly see {@link #start(byte[], long, boolean)}
   */
  public void start(MemorySegment from, long readVersion, boolean cachedOnly) {
    int length = (int) from.byteSize();
    if (ownKey.length < length) {
      ownKey = new byte[Math.max(length, 2 * Long.BYTES)];
    }
    MemorySegment.copy(from, ValueLayout.JAVA_BYTE, 0, ownKey, 0, length);
    start(ownKey, length, readVersion, cachedOnly);
  }

  private void start(byte[] key, int keyLength, long readVersion, boolean cachedOnly) {
    this.key = key;
    this.keyLength = keyLength;
    this.keyPrefix = Keys.prefixOf(key, 0, keyLength);
    this.keyHash = Keys.hash(key, 0, keyLength);
    this.readVersion = readVersion;
    this.cachedOnly = cachedOnly;
    this.valueWanted = true;
    this.target = null;
    this.lender = null;
    this.bounded = false;
    this.valueBytesMax = Integer.MAX_VALUE;
    this.tooLong = false;
    this.kind = null;
    this.value = null;
    this.valueLength = 0;
  }

  /** Releases the key, the value and the caller's segment after a read. */
  public void forget() {
    key = EMPTY;
    value = null;
    target = null;
    lender = null;
    dropLent();
    if (ownKey.length > OWN_KEY_BYTES_MAX) {
      ownKey = EMPTY;
    }
  }

  /** Lowers the read version to {@code newestVersion} if it is above. */
  public void restrictTo(long newestVersion) {
    readVersion = Math.min(readVersion, newestVersion);
  }

  /** Requests the value in a caller's segment, from its start, instead of in a new array. */
  public void copyValueTo(MemorySegment target) {
    this.target = target;
  }

  /**
   * Requests a value longer than {@value #LENT_BYTES_MIN} bytes in memory that outlives the read,
   * see {@link #takeLent}, instead of in a new array.
   */
  public void lendValue(LentMemory.Source source) {
    this.lender = source;
  }

  /** Requests that a longer value is not copied; {@link #isTooLong} says so then. */
  public void limitValue(int bytesMax) {
    this.valueBytesMax = bytesMax;
  }

  /** Whether the value found was not copied, because it is longer than {@link #limitValue}. */
  public boolean isTooLong() {
    return tooLong;
  }

  /** Declares that a client asks, so that the bound of memory for large values holds. */
  public void boundMemory() {
    this.bounded = true;
  }

  /** Whether the bound of memory for large values holds, because a client asks. */
  public boolean isMemoryBounded() {
    return bounded;
  }

  /** Requests no value, only its length and the entry's kind, version and expiry. */
  public void withoutValue() {
    this.valueWanted = false;
  }

  /** The key, from index 0; only the first {@link #keyLength()} bytes belong to it. */
  public byte[] key() {
    return key;
  }

  /** The key's length in bytes. */
  public int keyLength() {
    return keyLength;
  }

  /** The key's prefix, see {@link Keys}. */
  public long keyPrefix() {
    return keyPrefix;
  }

  /** The key's hash, see {@link Keys#hash}. */
  public long keyHash() {
    return keyHash;
  }

  /** The newest version that this read sees. */
  public long readVersion() {
    return readVersion;
  }

  /** Whether a source must answer {@link Outcome#NEEDS_DISK} instead of reading a file. */
  public boolean cachedOnly() {
    return cachedOnly;
  }

  /**
   * Sets the entry that answers the read. The value is copied before this returns. A value that is
   * longer than the caller's segment is not copied at all; {@link #valueLength()} has its length.
   *
   * @param source the segment that holds the value
   * @param offset where in the segment the value begins
   * @param length the value's length in bytes
   * @throws IndexOutOfBoundsException if the value does not lie within the segment
   */
  public void found(
      ValueKind kind, long version, long expiryMs, MemorySegment source, long offset, int length) {
    this.kind = kind;
    this.version = version;
    this.expiryMs = expiryMs;
    this.valueLength = length;
    if (!valueWanted || kind != ValueKind.PUT) {
      return;
    }
    tooLong = length > valueBytesMax;
    if (tooLong) {
      return;
    }
    MemorySegment to = target;
    LentMemory.Source memorySource = lender;
    if (memorySource != null && length > LENT_BYTES_MIN) {
      dropLent();
      LentMemory memory = memorySource.allocate(length);
      lent = memory;
      lentOffset = 0;
      MemorySegment.copy(source, offset, memory.segment(), 0, length);
    } else if (to == null) {
      byte[] copy = length == 0 ? EMPTY : new byte[length];
      MemorySegment.copy(source, ValueLayout.JAVA_BYTE, offset, copy, 0, length);
      value = copy;
    } else if (length <= to.byteSize()) {
      MemorySegment.copy(source, offset, to, 0, length);
    }
  }

  /** Whether the read takes over memory that holds a long value; see {@link #foundLent}. */
  public boolean wantsLent(int length) {
    return valueWanted && lender != null && length > LENT_BYTES_MIN && length <= valueBytesMax;
  }

  /**
   * Sets the put that answers the read, with memory that holds its value and that the read takes
   * over.
   */
  public void foundLent(
      long newVersion, long newExpiryMs, LentMemory memory, long offset, int length) {
    dropLent();
    kind = ValueKind.PUT;
    version = newVersion;
    expiryMs = newExpiryMs;
    valueLength = length;
    lent = memory;
    lentOffset = offset;
  }

  /**
   * Returns the memory that holds the value found, from {@link #lentOffset}; the caller must close
   * it. Null if the value is in an array.
   */
  public @Nullable LentMemory takeLent() {
    LentMemory taken = lent;
    lent = null;
    return taken;
  }

  /** Where in the lent memory the value begins. */
  public long lentOffset() {
    return lentOffset;
  }

  private void dropLent() {
    LentMemory dropped = lent;
    lent = null;
    if (dropped != null) {
      dropped.close();
    }
  }

  /**
   * Sets the answer to a range tombstone that covers the key, in place of an entry found before.
   */
  public void foundRangeTombstone(long newVersion) {
    kind = ValueKind.DELETE;
    version = newVersion;
    expiryMs = Limits.NEVER_EXPIRES;
    valueLength = 0;
    value = null;
    dropLent();
  }

  /** The kind of the entry found, or null if no entry was found yet. */
  public @Nullable ValueKind kind() {
    return kind;
  }

  /** The version of the entry found. */
  public long version() {
    return version;
  }

  /**
   * The time at which the entry expires, in ms since the epoch; {@link Limits#NEVER_EXPIRES} if
   * never.
   */
  public long expiryMs() {
    return expiryMs;
  }

  /** The length in bytes of the value found, also if the value was not copied. */
  public int valueLength() {
    return valueLength;
  }

  /**
   * The value found, in an array of its own; null if it was not requested, went to the caller's
   * segment, or the entry is no put.
   */
  public byte @Nullable [] value() {
    return value;
  }

  /** The answer of a source. */
  public enum Outcome {
    /** The source passed an entry to {@link Lookup#found}. */
    FOUND,
    /** The source has no entry of the key that the read may see; the next older source is asked. */
    NOT_HERE,
    /** The answer needs a read from disk, and {@link Lookup#cachedOnly()} forbids it. */
    NEEDS_DISK
  }
}
