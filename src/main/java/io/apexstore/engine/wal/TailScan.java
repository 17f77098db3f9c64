package io.apexstore.engine.wal;

import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.io.Storage;
import java.io.IOException;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The result of scanning the log after the position where its frames end, for a frame that recorded
 * that the log was synced past that position. Such a witness distinguishes damage from a torn tail.
 *
 * @param witness the position of such a frame, or null if there is none
 * @param tornBytes bytes after the end position that look written, in the segments up to the
 *     witness
 */
record TailScan(@Nullable LogPosition witness, long tornBytes) {

  /** The end of the last valid frame of a segment, and the witness in it, if any. */
  private record Scanned(@Nullable LogPosition witness, long lastFrameEnd) {}

  /**
   * Scans the rest of a segment, in steps of 8 bytes, and the segments after it.
   *
   * @param cursor a cursor over the segment; its offset is undefined afterwards
   * @param bad the position without a valid frame; offset 0 if the segment's header is damaged. The
   *     header was durable before the first frame was written, so every valid frame is a witness
   * @param later file ids of the segments after this one
   */
  static TailScan after(
      FrameCursor cursor,
      LogPosition bad,
      List<Long> later,
      Storage storage,
      UUID storeId,
      FileCipherKeys fileKeys)
      throws IOException {
    boolean header = bad.offset() == 0;
    cursor.moveTo(header ? LogFormat.FRAMES_START : bad.offset());
    long tornBytes = 0;
    if (!header) {
      tornBytes = cursor.looksBegun() ? LogFormat.FRAME_HEADER_BYTES : 0;
      cursor.moveTo(bad.offset() + LogFormat.ALIGNMENT);
    }
    Scanned scanned = scan(cursor, bad, header);
    tornBytes = Math.max(tornBytes, scanned.lastFrameEnd() - bad.offset());
    for (int i = 0; i < later.size() && scanned.witness() == null; i++) {
      try (FrameCursor next = FrameCursor.open(storage, storeId, later.get(i), fileKeys)) {
        scanned = scan(next, bad, false);
        tornBytes += Math.max(0, scanned.lastFrameEnd() - LogFormat.FRAMES_START);
      }
    }
    return new TailScan(scanned.witness(), tornBytes);
  }

  private static Scanned scan(FrameCursor cursor, LogPosition bad, boolean anyFrame)
      throws IOException {
    long lastFrameEnd = 0;
    while (true) {
      switch (cursor.look()) {
        case FULL -> {
          return new Scanned(null, lastFrameEnd);
        }
        case FRAME -> {
          if (anyFrame || cursor.synced().isAfter(bad)) {
            return new Scanned(new LogPosition(cursor.fileId(), cursor.offset()), lastFrameEnd);
          }
          cursor.skip();
          lastFrameEnd = cursor.offset();
        }
        case NOTHING -> {
          cursor.moveTo(cursor.offset() + LogFormat.ALIGNMENT);
          cursor.seek();
        }
      }
    }
  }
}
