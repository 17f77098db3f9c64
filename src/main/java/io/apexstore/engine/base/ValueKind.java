package io.apexstore.engine.base;

/** The kind of an entry. The codes are stored in log records, memtables and tables. */
public enum ValueKind {
  /** The key has a value. */
  PUT(1),
  /** The key was deleted (a tombstone): entries of older versions are hidden. */
  DELETE(2),
  /**
   * All keys of a range were deleted. Only batches, and so the log, contain this kind. Memtables
   * and tables keep range tombstones apart from the entries, see {@link
   * io.apexstore.engine.tombstone.RangeTombstones}.
   */
  RANGE_DELETE(3);

  private static final ValueKind[] BY_CODE = {null, PUT, DELETE, RANGE_DELETE};

  private final byte code;

  ValueKind(int code) {
    this.code = (byte) code;
  }

  /** Returns the code of this kind on disk and in memory; never 0. */
  public byte code() {
    return code;
  }

  /**
   * Returns the kind with a code.
   *
   * @throws IllegalArgumentException if no kind has the code; a reader reports it as corruption
   */
  public static ValueKind ofCode(int code) {
    if (code < 1 || code >= BY_CODE.length) {
      throw new IllegalArgumentException(
          "value kind " + code + ", allowed are 1 to " + (BY_CODE.length - 1));
    }
    return BY_CODE[code];
  }
}
