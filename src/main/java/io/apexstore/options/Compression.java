package io.apexstore.options;

/**
 * How the blocks of tables are compressed. Each block records its compression, so a change affects
 * new tables only.
 */
public enum Compression {
  /** No compression. */
  NONE(0),
  /** LZ4, block by block. A block that does not shrink by an eighth is stored uncompressed. */
  LZ4(1);

  private final byte code;

  Compression(int code) {
    this.code = (byte) code;
  }

  /** Returns the byte that identifies this compression on disk. */
  public byte code() {
    return code;
  }
}
