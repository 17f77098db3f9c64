package io.apexstore.engine.wal;

import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.io.Storage;
import java.io.IOException;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The search behind a place where the frames of a log break off, for a frame that knows that the
 * log was synced beyond it. Such a witness tells damage from a torn tail.
 *
 * @param witness where such a frame stands, or null if there is none
 * @param tornBytes bytes from the place on that look as if they had been written, in the segments
 *     up to the witness
 */
record TailScan(@Nullable LogPosition witness, long tornBytes) {

  /** Where the valid frames of a segment end, and the witness among them. */
  private record Scanned(@Nullable LogPosition witness, long lastFrameEnd) {}

  /**
   * Searches the rest of a segment, in steps of 8 bytes, and the segments after it.
   *
   * @param cursor a cursor over the segment; left anywhere
   * @param bad where no frame stands; offset 0 where it is the segment's header that is damaged.
   *     That was durable before the first frame was written, so then every valid frame is a witness
   * @param later file ids of the segments after this one
   */
  static TailScan behind(
      FrameCursor cursor,
      LogPosition bad,
      List<Long> later,
      Storage storage,
      UUID storeId,
      FileCipherKeys keys)
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
      try (FrameCursor next = FrameCursor.open(storage, storeId, later.get(i), keys)) {
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
