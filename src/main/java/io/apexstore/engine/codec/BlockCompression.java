package io.apexstore.engine.codec;

import io.apexstore.engine.base.EngineException;

/** How a block's bytes are made smaller. The codes stand in every block's trailer. */
public enum BlockCompression {
  /** Not at all. */
  NONE(0),
  /** LZ4's block format, without a frame. */
  LZ4(1);

  private final byte code;

  BlockCompression(int code) {
    this.code = (byte) code;
  }

  /** Returns the byte that stands for this compression on disk. */
  public byte code() {
    return code;
  }

  /**
   * Returns the compression of a code.
   *
   * @param file the file's name, for messages
   * @param offset where in the file the code stands, for messages
   * @throws EngineException {@code CORRUPTION} if no compression has the code
   */
  public static BlockCompression ofCode(int code, String file, long offset) {
    return switch (code) {
      case 0 -> NONE;
      case 1 -> LZ4;
      default -> throw EngineException.corruption(file, offset, "compression", "0 or 1", code);
    };
  }
}
