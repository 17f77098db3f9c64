package io.apexstore.engine.iterator;

import java.util.Arrays;

/**
 * The sources of a sorted run as one iterator; the run is a level of tables, for example. At most
 * one source is open at a time, and a source is opened only when it is needed.
 *
 * <p><b>Threads:</b> confined to one at a time.
 */
public final class ConcatenatingIterator implements InternalIterator {
  private static final int NONE = -1;

  private final Run run;
  private int openIndex = NONE;
  private InternalIterator current = EmptyIterator.INSTANCE;

  /** Creates an iterator over all of the run, of the kind that the run opens. */
  public ConcatenatingIterator(Run run) {
    this.run = run;
  }

  /**
   * A sorted run: sources in key order whose key ranges do not overlap. It does not change while an
   * iterator is open.
   */
  public interface Run {
    /** The number of sources. */
    int count();

    /** The smallest key in a source, or any key between the previous source and it. */
    byte[] smallestKey(int index);

    /** The largest key in a source, or any key between it and the next source. */
    byte[] largestKey(int index);

    /** Opens an iterator over a source; it is closed before the next one is opened. */
    InternalIterator open(int index);
  }

  @Override
  public CurrentEntry entry() {
    return current.entry();
  }

  @Override
  public void seekToFirst() {
    forwardFrom(0);
  }

  @Override
  public void seekToLast() {
    backwardFrom(run.count() - 1);
  }

  @Override
  public void seek(byte[] key, int keyLength) {
    int index = firstEndingAtOrAfter(key, keyLength);
    if (index == run.count()) {
      closeCurrent();
      return;
    }
    open(index);
    current.seek(key, keyLength);
    if (!current.isValid()) {
      forwardFrom(index + 1);
    }
  }

  @Override
  public void seekBefore(byte[] key, int keyLength) {
    int index = lastBeginningBefore(key, keyLength);
    if (index == NONE) {
      closeCurrent();
      return;
    }
    open(index);
    current.seekBefore(key, keyLength);
    if (!current.isValid()) {
      backwardFrom(index - 1);
    }
  }

  @Override
  public void next() {
    current.next();
    if (!current.isValid()) {
      forwardFrom(openIndex + 1);
    }
  }

  @Override
  public void prev() {
    current.prev();
    if (!current.isValid()) {
      backwardFrom(openIndex - 1);
    }
  }

  /** Goes to the first entry of the sources from {@code start} on; a source may show no entry. */
  private void forwardFrom(int start) {
    for (int index = start; index < run.count(); index++) {
      open(index);
      current.seekToFirst();
      if (current.isValid()) {
        return;
      }
    }
    closeCurrent();
  }

  /** Goes to the last entry of the sources from {@code start} down. */
  private void backwardFrom(int start) {
    for (int index = start; index >= 0; index--) {
      open(index);
      current.seekToLast();
      if (current.isValid()) {
        return;
      }
    }
    closeCurrent();
  }

  private void open(int index) {
    if (index != openIndex) {
      closeCurrent();
      current = run.open(index);
      openIndex = index;
    }
  }

  private void closeCurrent() {
    InternalIterator closing = current;
    current = EmptyIterator.INSTANCE;
    openIndex = NONE;
    closing.close();
  }

  private int firstEndingAtOrAfter(byte[] key, int keyLength) {
    int low = 0;
    int high = run.count();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (compare(run.largestKey(middle), key, keyLength) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private int lastBeginningBefore(byte[] key, int keyLength) {
    int low = 0;
    int high = run.count();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (compare(run.smallestKey(middle), key, keyLength) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }

  private static int compare(byte[] a, byte[] b, int bLength) {
    return Arrays.compareUnsigned(a, 0, a.length, b, 0, bLength);
  }

  @Override
  public void close() {
    closeCurrent();
  }
}
