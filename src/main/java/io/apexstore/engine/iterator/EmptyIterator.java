package io.apexstore.engine.iterator;

import io.apexstore.engine.base.ValueKind;
import java.lang.foreign.MemorySegment;

/**
 * The iterator over nothing.
 *
 * <p><b>Threads:</b> any, since it keeps no state.
 */
public final class EmptyIterator implements InternalIterator {
  /** The one instance. */
  public static final EmptyIterator INSTANCE = new EmptyIterator();

  private EmptyIterator() {}

  @Override
  public boolean isValid() {
    return false;
  }

  @Override
  public void seekToFirst() {}

  @Override
  public void seekToLast() {}

  @Override
  public void seek(byte[] key, int keyLength) {}

  @Override
  public void seekBefore(byte[] key, int keyLength) {}

  @Override
  public void next() {
    throw noEntry();
  }

  @Override
  public void prev() {
    throw noEntry();
  }

  @Override
  public byte[] key() {
    throw noEntry();
  }

  @Override
  public int keyLength() {
    throw noEntry();
  }

  @Override
  public long keyPrefix() {
    throw noEntry();
  }

  @Override
  public long version() {
    throw noEntry();
  }

  @Override
  public ValueKind kind() {
    throw noEntry();
  }

  @Override
  public long expiryMs() {
    throw noEntry();
  }

  @Override
  public MemorySegment valueSegment() {
    throw noEntry();
  }

  @Override
  public long valueOffset() {
    throw noEntry();
  }

  @Override
  public int valueLength() {
    throw noEntry();
  }

  @Override
  public void close() {}

  private static IllegalStateException noEntry() {
    return new IllegalStateException("the iterator has no current entry");
  }
}
