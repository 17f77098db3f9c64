package io.apexstore;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.LentMemory;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.iterator.CurrentEntry;
import io.apexstore.engine.read.EngineCursor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A cursor over the keys of a range at one version; later writes do not affect it.
 *
 * <pre>{@code
 * try (Cursor cursor = store.scan(KeyRange.prefix(prefix))) {
 *   while (cursor.next()) {
 *     use(cursor.key(), cursor.value());
 *   }
 * }
 * }</pre>
 *
 * <p>Until it is closed, a cursor keeps the tables that it reads on disk, and one block of each in
 * the cache. A step allocates nothing; neither does {@link #withKey} if the key is as long as the
 * previous one.
 *
 * <p><b>Threads:</b> confined to one at a time. <b>Errors:</b> damaged bytes fail {@link #next}
 * with {@link io.apexstore.error.ApexException} {@code CORRUPTION}, and so do all later calls of
 * it: a scan never skips what it cannot read. Reading an entry when there is none fails with {@code
 * INVALID_REQUEST}.
 */
public final class Cursor implements AutoCloseable {
  private static final byte[] NO_BYTES = {};
  private static final MemorySegment NOTHING = MemorySegment.ofArray(NO_BYTES).asReadOnly();

  private final EngineCursor cursor;
  private final LentMemory.Source memory;

  // What was lent last. A key is mostly in the same array and as long as the previous one.
  private byte[] keyArray = NO_BYTES;
  private MemorySegment lentKey = NOTHING;
  private MemorySegment valueSource = NOTHING;
  private MemorySegment readOnlySource = NOTHING;

  Cursor(EngineCursor cursor, LentMemory.Source memory) {
    this.cursor = cursor;
    this.memory = memory;
  }

  /** Moves to the next key in the direction of the scan; returns false past the last one. */
  public boolean next() {
    try {
      return cursor.next();
    } catch (EngineException e) {
      throw Failures.of(e);
    }
  }

  /** Returns the current key, an array that the caller owns. */
  public byte[] key() {
    try {
      return Arrays.copyOf(cursor.key(), cursor.keyLength());
    } catch (EngineException e) {
      throw Failures.of(e);
    }
  }

  /** Returns the current value, an array that the caller owns. */
  public byte[] value() {
    byte[] value = new byte[valueLength()];
    MemorySegment.copy(
        valueSegment(), ValueLayout.JAVA_BYTE, cursor.valueOffset(), value, 0, value.length);
    return value;
  }

  // A large block may have to be read again.
  private MemorySegment valueSegment() {
    try {
      return cursor.valueSegment();
    } catch (EngineException e) {
      throw Failures.of(e);
    }
  }

  /** Returns the length of the current value in bytes, without copying it. */
  public int valueLength() {
    try {
      return cursor.valueLength();
    } catch (EngineException e) {
      throw Failures.of(e);
    }
  }

  /** Returns the version that wrote the current key. */
  public long version() {
    try {
      return cursor.version();
    } catch (EngineException e) {
      throw Failures.of(e);
    }
  }

  /** Returns when the current entry expires, in ms since the epoch, or 0 if it does not. */
  public long expiresMs() {
    try {
      return cursor.expiryMs();
    } catch (EngineException e) {
      throw Failures.of(e);
    }
  }

  /** Returns the version that the whole scan sees. */
  public long readVersion() {
    return cursor.readVersion();
  }

  /** Lends the current key to a function for the duration of the call. */
  public <R extends @Nullable Object> R withKey(Function<MemorySegment, R> use) {
    return use.apply(keySegment());
  }

  @SuppressWarnings("ReferenceEquality") // The lent segment is of that very array.
  private MemorySegment keySegment() {
    try {
      byte[] array = cursor.key();
      int length = cursor.keyLength();
      MemorySegment lent = lentKey;
      if (array != keyArray || length != lent.byteSize()) {
        lent = MemorySegment.ofArray(array).asSlice(0, length).asReadOnly();
        keyArray = array;
        lentKey = lent;
      }
      return lent;
    } catch (EngineException e) {
      throw Failures.of(e);
    }
  }

  /** Lends the current value to a function for the duration of the call. */
  public <R extends @Nullable Object> R withValue(Function<MemorySegment, R> use) {
    int length = valueLength();
    // Read-only first, then sliced: escape analysis removes the slice, but not both.
    return use.apply(readOnlySource(valueSegment()).asSlice(cursor.valueOffset(), length));
  }

  /**
   * Lends the current value until it is closed, also when the cursor has moved on or is closed.
   *
   * @throws io.apexstore.error.ApexException {@code MEMORY_EXHAUSTED} if readers of large values
   *     hold too much memory
   */
  public LentValue lendValue() {
    int length = valueLength();
    if (length <= Lookup.LENT_BYTES_MIN) {
      return LentValue.of(value(), version(), expiresMs());
    }
    try {
      CurrentEntry.LargeValues large = cursor.largeValues();
      if (large != null) {
        return LentValue.in(large.lend(), cursor.valueOffset(), length, version(), expiresMs());
      }
      LentMemory copy = memory.allocate(length);
      MemorySegment.copy(cursor.valueSegment(), cursor.valueOffset(), copy.segment(), 0, length);
      return LentValue.in(copy, 0, length, version(), expiresMs());
    } catch (EngineException e) {
      throw Failures.of(e);
    }
  }

  // readOnlySource was created from that segment.
  @SuppressWarnings({"ReferenceEquality", "MemorySegmentReferenceEquality"})
  private MemorySegment readOnlySource(MemorySegment source) {
    if (source != valueSource) {
      valueSource = source;
      readOnlySource = source.asReadOnly();
    }
    return readOnlySource;
  }

  /** Releases what the cursor pins. Closing twice does nothing. */
  @Override
  public void close() {
    cursor.close();
  }
}
