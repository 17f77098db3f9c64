package io.apexstore;

/**
 * The result of a read that must not touch the disk, for callers that must not wait, such as an
 * event loop.
 */
public sealed interface CachedRead {
  /**
   * The key has a value.
   *
   * @param value the value with its version
   */
  record Found(VersionedValue value) implements CachedRead {}

  /** The key has no value. */
  record Absent() implements CachedRead {
    /** The only instance that is needed. */
    public static final Absent INSTANCE = new Absent();
  }

  /** The answer may need the disk: read again, with a blocking call, on a thread that may wait. */
  record NeedsDisk() implements CachedRead {
    /** The only instance that is needed. */
    public static final NeedsDisk INSTANCE = new NeedsDisk();
  }
}
