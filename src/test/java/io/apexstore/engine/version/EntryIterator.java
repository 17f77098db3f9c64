package io.apexstore.engine.version;

import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.iterator.CurrentEntry;
import io.apexstore.engine.iterator.InternalIterator;
import java.lang.foreign.MemorySegment;
import java.util.Collection;
import java.util.List;

/** Iterates forwards over all versions of a test's entries. */
public final class EntryIterator implements InternalIterator {
  private final List<Entry> entries;
  private final CurrentEntry current = new CurrentEntry();
  private int at;

  /** Creates an iterator over entries that are given in any order. */
  public EntryIterator(Collection<Entry> entries) {
    this.entries = entries.stream().sorted().toList();
    this.at = this.entries.size();
  }

  @Override
  public CurrentEntry entry() {
    return current;
  }

  @Override
  public void seekToFirst() {
    at = 0;
    show();
  }

  @Override
  public void seekToLast() {
    throw new IllegalStateException("forwards only");
  }

  @Override
  public void seek(byte[] key, int keyLength) {
    throw new IllegalStateException("only from the first entry");
  }

  @Override
  public void seekBefore(byte[] key, int keyLength) {
    throw new IllegalStateException("forwards only");
  }

  @Override
  public void next() {
    at++;
    show();
  }

  @Override
  public void prev() {
    throw new IllegalStateException("forwards only");
  }

  private void show() {
    if (at >= entries.size()) {
      current.hide();
      return;
    }
    Entry entry = entries.get(at);
    byte[] value = entry.valueBytes();
    current.show(
        entry.keyBytes(),
        entry.key().length(),
        entry.version(),
        entry.value() == null ? ValueKind.DELETE : ValueKind.PUT,
        Limits.NEVER_EXPIRES,
        MemorySegment.ofArray(value),
        0,
        value.length);
  }

  @Override
  public void close() {}
}
