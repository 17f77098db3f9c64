package io.apexstore.engine.iterator;

/**
 * The iterator over no entries.
 *
 * <p><b>Threads:</b> any; it has no state.
 */
public final class EmptyIterator implements InternalIterator {
  /** The one instance. */
  public static final EmptyIterator INSTANCE = new EmptyIterator();

  private final CurrentEntry none = new CurrentEntry();

  private EmptyIterator() {}

  @Override
  public CurrentEntry entry() {
    return none;
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
  public void close() {}

  private static IllegalStateException noEntry() {
    return new IllegalStateException("the iterator has no current entry");
  }
}
