package io.apexstore.engine.sstable;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.codec.BlockBuffer;
import io.apexstore.engine.codec.BlockEncoder;
import io.apexstore.engine.codec.BlockFile;
import io.apexstore.engine.io.AppendFile;
import io.apexstore.options.Compression;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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

  /**
   * Encodes and appends a large block, in memory outside the heap; returns its stored length in
   * bytes.
   *
   * @param keys the beginning of the block, up to its values
   * @param values the rest of the block
   * @throws EngineException {@code STORAGE_UNAVAILABLE} if the system has no memory for the block
   */
  int appendLargeBlock(BlockBuffer keys, MemorySegment values, int type, Compression compression)
      throws IOException {
    int length;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment stored =
          encoder.encode(
              keys,
              values,
              type,
              compression,
              ordinal,
              offset,
              (bytes, alignment) -> allocate(arena, bytes, alignment));
      length = Math.toIntExact(stored.byteSize());
      append(stored);
    }
    ordinal = Math.addExact(ordinal, 1);
    return length;
  }

  private static MemorySegment allocate(Arena arena, long bytes, long alignment) {
    try {
      return arena.allocate(bytes, alignment);
    } catch (OutOfMemoryError e) {
      throw new EngineException(
          Failure.STORAGE_UNAVAILABLE,
          "the system gave no " + bytes + " bytes to write a large value to a table",
          e);
    }
  }

  private void append(MemorySegment bytes) throws IOException {
    long at = 0;
    while (at < bytes.byteSize()) {
      if (!buffer.hasRemaining()) {
        flush();
      }
      long step = Math.min(bytes.byteSize() - at, buffer.remaining());
      buffer.put(bytes.asSlice(at, step).asByteBuffer());
      at += step;
    }
    offset += at;
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
