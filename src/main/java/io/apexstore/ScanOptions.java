package io.apexstore;

/**
 * The options of a scan.
 *
 * @param reverse descending order, from the last key of the range to the first; default false
 * @param keysOnly the cursor returns no values; default false
 */
public record ScanOptions(boolean reverse, boolean keysOnly) {
  /** Ascending, with values. */
  public static final ScanOptions DEFAULT = new ScanOptions(false, false);

  /** Descending, with values. */
  public static final ScanOptions REVERSE = new ScanOptions(true, false);

  /** Returns these options in the given direction. */
  public ScanOptions withReverse(boolean newReverse) {
    return new ScanOptions(newReverse, keysOnly);
  }

  /** Returns these options with or without values. */
  public ScanOptions withKeysOnly(boolean newKeysOnly) {
    return new ScanOptions(reverse, newKeysOnly);
  }
}
