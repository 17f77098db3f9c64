package io.apexstore.engine.wal;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.BatchReader;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.encryption.FileCipherKeys;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.Storage;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;

/**
 * Checks a log as the next open and its readers will: the open replays the segments with commits
 * that are not in tables, and a change feed may read the older ones, which are retained.
 *
 * <p><b>Threads:</b> confined to one.
 */
public final class LogVerifier {
  private final Storage storage;
  private final UUID storeId;
  private final FileCipherKeys fileKeys;

  /** Creates a verifier of the log of one store. */
  public LogVerifier(Storage storage, UUID storeId, FileCipherKeys fileKeys) {
    this.storage = storage;
    this.storeId = storeId;
    this.fileKeys = fileKeys;
  }

  /**
   * Returns the segments that the next open does not read, because all of their commits are in
   * tables: {@link #replay} does not check them.
   *
   * @param adopted every segment that the manifest has adopted and not dropped
   * @param flushedVersion every commit up to this version is in tables
   */
  public static List<AdoptedSegment> notReplayed(
      List<AdoptedSegment> adopted, long flushedVersion) {
    List<AdoptedSegment> ordered =
        adopted.stream().sorted(Comparator.comparingLong(AdoptedSegment::fileId)).toList();
    return ordered.subList(0, LogReplay.firstToRead(ordered, flushedVersion));
  }

  /**
   * Replays the log as the next open does, and reads every operation of its commits. Changes
   * nothing.
   *
   * @param adopted every segment that the manifest has adopted and not dropped
   * @param flushedVersion every commit up to this version is in tables
   * @return where the log ends, and the length of its torn tail
   * @throws EngineException {@code CORRUPTION} if the next open would refuse the log
   */
  public ReplayResult replay(List<AdoptedSegment> adopted, long flushedVersion) throws IOException {
    ReplayResult result =
        LogReplay.run(
            storage, storeId, fileKeys, adopted, flushedVersion, LogVerifier::readOperations);
    LogRecovery.requireNewest(storage, storeId, fileKeys, adopted);
    return result;
  }

  private static void readOperations(
      long version, long timeMs, byte[] bytes, int offset, int length) {
    BatchReader operation = Batch.read(bytes, offset, length);
    while (operation.next()) {
      operation.kind();
    }
  }

  /**
   * Checks the header and every frame of a segment up to its logical end.
   *
   * @param segment a segment that has an end
   * @return the number of frames
   * @throws EngineException {@code CORRUPTION} at the first frame that is not whole
   */
  public int frames(AdoptedSegment segment) throws IOException {
    String name = FileNames.log(segment.fileId());
    try (FrameCursor cursor = FrameCursor.open(storage, storeId, segment.fileId(), fileKeys)) {
      EngineException damage = cursor.headerDamage(storeId);
      if (damage != null) {
        throw damage;
      }
      int frames = 0;
      for (; cursor.offset() < segment.endOffset(); cursor.skip()) {
        boolean whole =
            cursor.look() == FrameCursor.Found.FRAME
                && cursor.ordinal() == frames
                && cursor.offset() + cursor.frameBytes() <= segment.endOffset();
        if (!whole) {
          throw EngineException.corruption(
              name,
              cursor.offset(),
              "frame " + frames,
              "a whole frame before the segment's end " + segment.endOffset(),
              "none");
        }
        frames++;
      }
      return frames;
    }
  }
}
