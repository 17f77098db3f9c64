package io.apexstore.engine.version;

import io.apexstore.engine.base.Keys;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.iterator.InternalIterator;
import java.lang.foreign.MemorySegment;
import java.util.Collection;
import java.util.List;

/** Walks over all versions of a test's entries, forwards. */
public final class EntryIterator implements InternalIterator {
  private final List<Entry> entries;
  private int at;

  /** Makes an iterator over entries in any order. */
  public EntryIterator(Collection<Entry> entries) {
    this.entries = entries.stream().sorted().toList();
    this.at = this.entries.size();
  }

  private Entry entry() {
    return entries.get(at);
  }

  @Override
  public boolean isValid() {
    return at < entries.size();
  }

  @Override
  public void seekToFirst() {
    at = 0;
  }

  @Override
  public void seekToLast() {
    throw new IllegalStateException("forwards only");
  }

  @Override
  public void seek(byte[] key, int keyLength) {
    throw new IllegalStateException("from the first only");
  }

  @Override
  public void seekBefore(byte[] key, int keyLength) {
    throw new IllegalStateException("forwards only");
  }

  @Override
  public void next() {
    at++;
  }

  @Override
  public void prev() {
    throw new IllegalStateException("forwards only");
  }

  @Override
  public byte[] key() {
    return entry().keyBytes();
  }

  @Override
  public int keyLength() {
    return entry().key().length();
  }

  @Override
  public long keyPrefix() {
    return Keys.prefixOf(key(), 0, keyLength());
  }

  @Override
  public long version() {
    return entry().version();
  }

  @Override
  public ValueKind kind() {
    return entry().value() == null ? ValueKind.DELETE : ValueKind.PUT;
  }

  @Override
  public long expiryMs() {
    return Limits.NEVER_EXPIRES;
  }

  @Override
  public MemorySegment valueSegment() {
    return MemorySegment.ofArray(entry().valueBytes());
  }

  @Override
  public long valueOffset() {
    return 0;
  }

  @Override
  public int valueLength() {
    return entry().valueBytes().length;
  }

  @Override
  public void close() {}
}
