package io.apexstore.engine.file;

/**
 * The names of a store's files. Tables and log segments are named after their file id, with at
 * least six digits: {@code 000123.sst}, {@code 000123.log}. Every store has one {@code MANIFEST}
 * and one {@code LOCK}, an encrypted store also {@code KEYS}, and a larger store also {@code
 * RESERVE}. A file that will replace {@code MANIFEST} or {@code KEYS} ends in {@code .tmp} while it
 * is written.
 */
public final class FileNames {
  /** The manifest. */
  public static final String MANIFEST = "MANIFEST";

  /** The next manifest while it is written. */
  public static final String MANIFEST_TEMPORARY = "MANIFEST.tmp";

  /** The wrapped data keys of an encrypted store. */
  public static final String KEYS = "KEYS";

  /** The next {@code KEYS} while it is written. */
  public static final String KEYS_TEMPORARY = "KEYS.tmp";

  /** The lock file that keeps other processes out. */
  public static final String LOCK = "LOCK";

  /** Disk space that is kept for the moment when the disk is full. */
  public static final String RESERVE = "RESERVE";

  /** The suffix of a table's name. */
  public static final String TABLE_SUFFIX = ".sst";

  /** The suffix of a log segment's name. */
  public static final String LOG_SUFFIX = ".log";

  private static final int ID_DIGITS_MIN = 6;

  private FileNames() {}

  /** Returns the name of a table. */
  public static String table(long fileId) {
    return padded(fileId) + TABLE_SUFFIX;
  }

  /** Returns the name of a log segment. */
  public static String log(long fileId) {
    return padded(fileId) + LOG_SUFFIX;
  }

  /** Returns whether this is the name of a log segment. */
  public static boolean isLog(String name) {
    return idOf(name, LOG_SUFFIX) >= 0;
  }

  /** Returns the file id in the name of a table or log segment, -1 for any other name. */
  public static long idOf(String name) {
    long id = idOf(name, TABLE_SUFFIX);
    return id >= 0 ? id : idOf(name, LOG_SUFFIX);
  }

  private static long idOf(String name, String suffix) {
    int digits = name.length() - suffix.length();
    if (!name.endsWith(suffix) || digits < ID_DIGITS_MIN || digits > 18) {
      return -1;
    }
    long id = 0;
    for (int i = 0; i < digits; i++) {
      int digit = name.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      id = id * 10 + digit;
    }
    return id;
  }

  private static String padded(long fileId) {
    String digits = Long.toString(fileId);
    return "0".repeat(Math.max(0, ID_DIGITS_MIN - digits.length())) + digits;
  }
}
