package io.apexstore.options;

/** How the blocks of tables are compressed. */
public enum Compression {
  /** Not at all. */
  NONE(0),
  /** LZ4, block by block; a block that does not shrink by an eighth is stored as it is. */
  LZ4(1);

  private final byte code;

  Compression(int code) {
    this.code = (byte) code;
  }

  /** Returns the byte that stands for this compression on disk. */
  public byte code() {
    return code;
  }
}
