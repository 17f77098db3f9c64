package io.apexstore.engine.iterator;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.Keys;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.ValueKind;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The entries that a reader of a range sees: the puts of an iterator as of a version that lie
 * between two bounds and have not expired, in one direction.
 *
 * <p><b>Threads:</b> confined to one at a time. Key and value are lent until it moves or is closed.
 */
public final class VisibleIterator implements AutoCloseable {
  private static final byte[] NO_BYTES = {};

  private final InternalIterator source;
  private final boolean reverse;
  private final long nowMs;

  // Where the walk starts, and the bound where it ends. The upper bound is exclusive, the lower one
  // inclusive.
  private final byte @Nullable [] start;
  private final boolean bounded;
  private final byte[] end;
  private final long endPrefix;

  private CurrentEntry entry = EmptyIterator.INSTANCE.entry();
  private boolean begun;
  private boolean ended;
  private @Nullable EngineException failure;

  /**
   * Creates an iterator before its first entry.
   *
   * @param source as of a version; closed with this
   * @param from the least key of the range; null: no bound. Must not change
   * @param to the least key above the range; null: no bound. Must not change
   * @param reverse whether to walk from the largest key to the smallest
   * @param nowMs entries that expire at this time or before, in ms since the epoch, are skipped
   */
  public VisibleIterator(
      InternalIterator source,
      byte @Nullable [] from,
      byte @Nullable [] to,
      boolean reverse,
      long nowMs) {
    this.source = source;
    this.reverse = reverse;
    this.nowMs = nowMs;
    this.start = reverse ? to : from;
    byte[] bound = reverse ? from : to;
    this.bounded = bound != null;
    this.end = bound == null ? NO_BYTES : bound;
    this.endPrefix = Keys.prefixOf(end, 0, end.length);
  }

  /**
   * Goes to the next visible entry in the direction of the walk; false past the last one.
   *
   * @throws EngineException if bytes are damaged or cannot be read. Every later call then fails,
   *     too: the entry after the damaged ones must not pass for the next entry
   */
  public boolean next() {
    if (ended) {
      return endsAgain();
    }
    try {
      return advance();
    } catch (EngineException e) {
      ended = true;
      failure = e;
      throw e;
    }
  }

  private boolean endsAgain() {
    EngineException cause = failure;
    if (cause != null) {
      throw new EngineException(cause.failure(), String.valueOf(cause.getMessage()), cause);
    }
    return false;
  }

  private boolean advance() {
    if (begun) {
      step();
    } else {
      begin();
    }
    entry = source.entry();
    while (entry.isValid() && isInRange()) {
      if (isVisible()) {
        return true;
      }
      step();
      entry = source.entry();
    }
    ended = true;
    return false;
  }

  private void begin() {
    begun = true;
    if (start == null) {
      if (reverse) {
        source.seekToLast();
      } else {
        source.seekToFirst();
      }
    } else if (reverse) {
      source.seekBefore(start, start.length);
    } else {
      source.seek(start, start.length);
    }
  }

  private void step() {
    if (reverse) {
      source.prev();
    } else {
      source.next();
    }
  }

  private boolean isInRange() {
    if (!bounded) {
      return true;
    }
    int comparison = Long.compareUnsigned(entry.keyPrefix(), endPrefix);
    if (comparison == 0) {
      comparison = Arrays.compareUnsigned(entry.key(), 0, entry.keyLength(), end, 0, end.length);
    }
    return reverse ? comparison >= 0 : comparison < 0;
  }

  private boolean isVisible() {
    if (entry.kind() != ValueKind.PUT) {
      return false;
    }
    long expiryMs = entry.expiryMs();
    return expiryMs == Limits.NEVER_EXPIRES || expiryMs > nowMs;
  }

  /** The current key, from index 0; only {@link #keyLength()} bytes belong to it. */
  public byte[] key() {
    return entry.key();
  }

  /** The current key's length in bytes. */
  public int keyLength() {
    return entry.keyLength();
  }

  /** The version of the current entry. */
  public long version() {
    return entry.version();
  }

  /** The time at which the current entry expires, in ms since the epoch; 0 if never. */
  public long expiryMs() {
    return entry.expiryMs();
  }

  /** The segment that holds the current value. */
  public MemorySegment valueSegment() {
    return entry.valueSegment();
  }

  /** The large block that holds the current value, or null if it is elsewhere. */
  public CurrentEntry.@Nullable LargeValues largeValues() {
    return entry.largeValues();
  }

  /** Where in {@link #valueSegment()} the current value begins. */
  public long valueOffset() {
    return entry.valueOffset();
  }

  /** The current value's length in bytes. */
  public int valueLength() {
    return entry.valueLength();
  }

  /** Ends the walk and closes the source. */
  @Override
  public void close() {
    ended = true;
    source.close();
  }
}
