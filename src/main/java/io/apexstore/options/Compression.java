package io.apexstore.options;

/** How the blocks of tables are compressed. */
public enum Compression {
  /** Not at all. */
  NONE,
  /** LZ4, block by block; a block that does not shrink by an eighth is stored as it is. */
  LZ4
}
