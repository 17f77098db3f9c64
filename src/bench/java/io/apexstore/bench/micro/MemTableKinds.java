package io.apexstore.bench.micro;

import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.Lookup;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.memtable.MemTable;
import io.apexstore.engine.memtable.MemoryChunks;
import io.apexstore.engine.memtable.SkipListMemTable;
import java.util.Arrays;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/** Data structures for a memtable, behind the interface that a benchmark needs. */
public final class MemTableKinds {
  private MemTableKinds() {}

  /** The structures. */
  public enum Kind {
    /** The one of ApexStore: a B+-tree that one writer publishes word by word. */
    TREE,
    /** A skip list in the same memory, with the same entries. */
    SKIP_LIST,
    /** The one of the JDK, on the heap. It has no versions, so it does less. */
    JDK
  }

  /** A memtable of one kind. */
  interface Table {
    void put(byte[] key, long version, byte[] value);

    /** Reads the newest value as an array; null if there is none. */
    byte @Nullable [] get(Lookup lookup, byte[] key);

    void release();
  }

  static Table create(Kind kind, MemoryChunks pool) {
    return switch (kind) {
      case TREE -> new Tree(new MemTable(pool));
      case SKIP_LIST -> new SkipList(new SkipListMemTable(pool));
      case JDK -> new Jdk(new ConcurrentSkipListMap<>(Arrays::compareUnsigned));
    };
  }

  private record Tree(MemTable table) implements Table {
    @Override
    public void put(byte[] key, long version, byte[] value) {
      table.put(
          key, 0, key.length, version, ValueKind.PUT, Limits.NEVER_EXPIRES, value, 0, value.length);
    }

    @Override
    public byte @Nullable [] get(Lookup lookup, byte[] key) {
      lookup.start(key, Limits.VERSION_MAX, false);
      return table.get(lookup) == Lookup.Outcome.FOUND ? lookup.value() : null;
    }

    @Override
    public void release() {
      table.release();
    }
  }

  private record SkipList(SkipListMemTable table) implements Table {
    @Override
    public void put(byte[] key, long version, byte[] value) {
      table.put(key, version, value);
    }

    @Override
    public byte @Nullable [] get(Lookup lookup, byte[] key) {
      lookup.start(key, Limits.VERSION_MAX, false);
      return table.get(lookup) == Lookup.Outcome.FOUND ? lookup.value() : null;
    }

    @Override
    public void release() {
      table.release();
    }
  }

  private record Jdk(ConcurrentSkipListMap<byte[], byte[]> map) implements Table {
    @Override
    public void put(byte[] key, long version, byte[] value) {
      map.put(key.clone(), value.clone());
    }

    @Override
    public byte @Nullable [] get(Lookup lookup, byte[] key) {
      byte[] value = map.get(key);
      return value == null ? null : value.clone();
    }

    @Override
    public void release() {
      map.clear();
    }
  }
}
