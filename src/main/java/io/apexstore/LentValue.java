package io.apexstore;

import io.apexstore.engine.base.LentMemory;
import io.apexstore.engine.base.Lookup;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A value that can be read until it is closed, whatever is written meanwhile. A value of more than
 * 64 KiB lies outside the heap: in the decoded block that it was read from, which all of its
 * readers share, or in a copy.
 *
 * <pre>{@code
 * try (LentValue value = keyspace.lend(key)) {
 *   if (value != null) {
 *     send(value.bytes());
 *   }
 * }
 * }</pre>
 *
 * <p>Until it is closed, it takes memory, at most {@link
 * io.apexstore.options.StoreOptions#largeReadBytesMax} together with the others. It may be closed
 * after its cursor, its snapshot and its store.
 *
 * <p><b>Threads:</b> any may read it; it is closed once no thread does.
 */
public final class LentValue implements AutoCloseable {
  /** A value of at most this many bytes is copied into an array. */
  public static final int HEAP_BYTES_MAX = Lookup.LENT_BYTES_MIN;

  private final MemorySegment bytes;
  private final long version;
  private final long expiresMs;
  private final @Nullable LentMemory memory;

  private LentValue(
      MemorySegment bytes, long version, long expiresMs, @Nullable LentMemory memory) {
    this.bytes = bytes.asReadOnly();
    this.version = version;
    this.expiresMs = expiresMs;
    this.memory = memory;
  }

  static LentValue of(byte[] value, long version, long expiresMs) {
    return new LentValue(MemorySegment.ofArray(value), version, expiresMs, null);
  }

  /** Creates a value in memory that it takes over. */
  static LentValue in(LentMemory memory, long offset, int length, long version, long expiresMs) {
    return new LentValue(memory.segment().asSlice(offset, length), version, expiresMs, memory);
  }

  /** Returns the bytes, which must not be read once this is closed. */
  public MemorySegment bytes() {
    return bytes;
  }

  /** Returns the number of bytes. */
  public int length() {
    return (int) bytes.byteSize();
  }

  /** Returns the version that wrote the value. */
  public long version() {
    return version;
  }

  /** Returns when the entry expires, in ms since the epoch, or 0 if it does not. */
  public long expiresMs() {
    return expiresMs;
  }

  /** Releases the memory. Closing twice does nothing. */
  @Override
  public void close() {
    LentMemory held = memory;
    if (held != null) {
      held.close();
    }
  }
}
