package io.apexstore.engine.file;

/** The types of files in a store, each with the magic that its files begin with. */
public enum FileType {
  /** A sorted string table, {@code 000123.sst}. */
  TABLE("APEXSST1"),
  /** A segment of the write-ahead log, {@code 000123.log}. */
  LOG("APEXLOG1"),
  /** The log of version edits, {@code MANIFEST}. */
  MANIFEST("APEXMAN1"),
  /** The wrapped data keys of an encrypted store, {@code KEYS}. */
  KEYS("APEXKEY1");

  private final String magic;

  FileType(String magic) {
    this.magic = magic;
  }

  /** Returns the eight ASCII characters that a file of this type begins with. */
  public String magic() {
    return magic;
  }
}
