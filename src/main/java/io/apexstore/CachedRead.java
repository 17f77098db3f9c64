package io.apexstore;

/**
 * The answer of a read that must not touch the disk, for callers that cannot wait, such as an event
 * loop.
 */
public sealed interface CachedRead {
  /** The key has a value. */
  record Found(VersionedValue value) implements CachedRead {}

  /** The key has none. */
  record Absent() implements CachedRead {
    /** The one instance that is needed. */
    public static final Absent INSTANCE = new Absent();
  }

  /** Only a read that may touch the disk can tell; make one on a thread that can wait. */
  record NeedsDisk() implements CachedRead {
    /** The one instance that is needed. */
    public static final NeedsDisk INSTANCE = new NeedsDisk();
  }
}
