package io.apexstore.engine.sstable;

import io.apexstore.engine.codec.BlockBuffer;
import io.apexstore.engine.codec.BlockEncoder;
import io.apexstore.engine.codec.BlockFile;
import io.apexstore.engine.io.AppendFile;
import io.apexstore.options.Compression;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Appends blocks to a table's file through a buffer, and counts them.
 *
 * <p><b>Threads:</b> one at a time.
 */
final class TableWriter {
  private static final int BUFFER_BYTES = 128 << 10;

  private final AppendFile file;
  private final BlockEncoder encoder;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
  private long offset;
  private int ordinal;

  TableWriter(AppendFile file, BlockFile identity) {
    this.file = file;
    this.encoder = new BlockEncoder(identity);
  }

  /** The offset in the file of the next byte. */
  long offset() {
    return offset;
  }

  /** The number of the next block. */
  int ordinal() {
    return ordinal;
  }

  /**
   * Encodes and appends a block, whose buffer may be changed; returns its stored length in bytes.
   */
  int appendBlock(BlockBuffer block, int type, Compression compression) throws IOException {
    int length = encoder.encode(block, type, compression, ordinal, offset);
    append(encoder.bytes(), length);
    encoder.trim();
    ordinal = Math.addExact(ordinal, 1);
    return length;
  }

  /** Appends bytes as they are. */
  void append(byte[] bytes, int length) throws IOException {
    int at = 0;
    while (at < length) {
      if (!buffer.hasRemaining()) {
        flush();
      }
      int step = Math.min(length - at, buffer.remaining());
      buffer.put(bytes, at, step);
      at += step;
    }
    offset += length;
  }

  /** Writes all buffered bytes to the file. */
  void flush() throws IOException {
    buffer.flip();
    file.append(buffer);
    buffer.clear();
  }
}
