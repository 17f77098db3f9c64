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
  @SuppressWarnings("ArrayRecordComponent") // never compared
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
  private byte[] lentKey = {};
  boolean closed;
  boolean failsToClose;

  ListIterator(List<Entry> entries) {
    this.entries = entries;
  }

  @Override
  public boolean isValid() {
    return direction != Direction.NONE && position >= 0 && position < entries.size();
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
    Arrays.fill(lentKey, (byte) 0x55); // what was lent is lent no more
    position = target;
    direction = newDirection;
    if (isValid()) {
      lentKey = Arrays.copyOf(current().key, current().key.length + 3);
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

  private Entry current() {
    if (!isValid() || closed) {
      throw new IllegalStateException("no current entry");
    }
    return entries.get(position);
  }

  @Override
  public byte[] key() {
    current();
    return lentKey;
  }

  @Override
  public int keyLength() {
    return current().key.length;
  }

  @Override
  public long keyPrefix() {
    return Keys.prefixOf(current().key, 0, current().key.length);
  }

  @Override
  public long version() {
    return current().version;
  }

  @Override
  public ValueKind kind() {
    return current().kind;
  }

  @Override
  public long expiryMs() {
    return current().expiryMs;
  }

  @Override
  public MemorySegment valueSegment() {
    return MemorySegment.ofArray(current().value);
  }

  @Override
  public long valueOffset() {
    return 0;
  }

  @Override
  public int valueLength() {
    return current().value.length;
  }

  @Override
  public void close() {
    closed = true;
    if (failsToClose) {
      throw new IllegalStateException("does not close");
    }
  }
}
