package io.apexstore.engine.read;

import io.apexstore.engine.iterator.CurrentEntry;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** A walk over the visible entries of a range; the key and value are lent until it moves. */
public interface EngineCursor extends AutoCloseable {
  /** Goes to the next entry; false past the last. */
  boolean next();

  /** The current key, from index 0. */
  byte[] key();

  /** The current key's length in bytes. */
  int keyLength();

  /** The segment that holds the current value. */
  MemorySegment valueSegment();

  /**
   * Returns the large block that holds the current value, which can then be lent in place; null if
   * it is elsewhere.
   */
  CurrentEntry.@Nullable LargeValues largeValues();

  /** Where the current value begins. */
  long valueOffset();

  /** The current value's length in bytes. */
  int valueLength();

  /** The version that wrote the current entry. */
  long version();

  /** When the current entry expires, in ms since the epoch; 0: never. */
  long expiryMs();

  /** The version that the scan sees. */
  long readVersion();

  @Override
  void close();
}
