package io.apexstore.engine.iterator;

import io.apexstore.engine.base.Keys;
import io.apexstore.engine.base.ValueKind;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** An iterator over a sorted list that checks how it is used. */
final class ListIterator implements InternalIterator {
  /** One entry; the value is any bytes. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Entry(byte[] key, long version, ValueKind kind, long expiryMs, byte[] value) {
    static final Comparator<Entry> ORDER =
        Comparator.<Entry, byte[]>comparing(Entry::key, Arrays::compareUnsigned)
            .thenComparing(Comparator.comparingLong(Entry::version).reversed());

    @Override
    public String toString() {
      return Arrays.toString(key) + "@" + version + " " + kind;
    }
  }

  private enum Direction {
    NONE,
    FORWARD,
    BACKWARD
  }

  private final List<Entry> entries;
  private Direction direction = Direction.NONE;
  private int position;
  private CurrentEntry current = new CurrentEntry();
  private byte[] lentKey = {};
  boolean closed;
  boolean failsToClose;

  ListIterator(List<Entry> entries) {
    this.entries = entries;
  }

  @Override
  public CurrentEntry entry() {
    return current;
  }

  @Override
  public void seekToFirst() {
    goTo(0, Direction.FORWARD);
  }

  @Override
  public void seekToLast() {
    goTo(entries.size() - 1, Direction.BACKWARD);
  }

  @Override
  public void seek(byte[] key, int keyLength) {
    goTo(below(key, keyLength), Direction.FORWARD);
  }

  @Override
  public void seekBefore(byte[] key, int keyLength) {
    goTo(below(key, keyLength) - 1, Direction.BACKWARD);
  }

  private int below(byte[] key, int keyLength) {
    return (int)
        entries.stream()
            .filter(e -> Keys.compare(e.key, 0, e.key.length, key, 0, keyLength) < 0)
            .count();
  }

  private void goTo(int target, Direction newDirection) {
    if (closed) {
      throw new IllegalStateException("closed");
    }
    Arrays.fill(lentKey, (byte) 0x55); // The key is no longer lent.
    position = target;
    direction = newDirection;
    current = new CurrentEntry();
    if (position >= 0 && position < entries.size()) {
      Entry entry = entries.get(position);
      lentKey = Arrays.copyOf(entry.key, entry.key.length + 3);
      current.show(
          lentKey,
          entry.key.length,
          entry.version,
          entry.kind,
          entry.expiryMs,
          MemorySegment.ofArray(entry.value),
          0,
          entry.value.length);
    }
  }

  @Override
  public void next() {
    check(Direction.FORWARD);
    goTo(position + 1, Direction.FORWARD);
  }

  @Override
  public void prev() {
    check(Direction.BACKWARD);
    goTo(position - 1, Direction.BACKWARD);
  }

  private void check(Direction expected) {
    if (!isValid() || direction != expected) {
      throw new IllegalStateException("cannot go " + expected);
    }
  }

  @Override
  public void close() {
    closed = true;
    current.hide();
    if (failsToClose) {
      throw new IllegalStateException("does not close");
    }
  }
}
