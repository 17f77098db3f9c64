package io.apexstore.engine.io;

import java.util.List;
import java.util.stream.IntStream;

/**
 * The disk images that power cuts leave of one recorded run.
 *
 * <p>Requesting images in ascending order of steps is cheap: the run is replayed once. Requesting
 * an earlier step restarts the replay.
 *
 * <p><b>Threads:</b> one at a time.
 */
public final class CrashImages {
  private final SimulatedDisk start;
  private final List<DiskOp> log;
  private final long[] acknowledged;
  private final long[] submitted;

  private SimulatedDisk disk;

  CrashImages(SimulatedDisk start, List<DiskOp> log, String acknowledged, String submitted) {
    this.start = start;
    this.log = log;
    this.acknowledged = greatest(log, acknowledged);
    this.submitted = greatest(log, submitted);
    this.disk = start.settled();
  }

  /** Returns, for each step, the greatest token of a kind marked before it, or -1. */
  private static long[] greatest(List<DiskOp> log, String kind) {
    long[] greatest = new long[log.size() + 1];
    greatest[0] = -1;
    for (int i = 0; i < log.size(); i++) {
      greatest[i + 1] = greatest[i];
      if (log.get(i) instanceof DiskOp.Mark mark && mark.kind().equals(kind)) {
        greatest[i + 1] = Math.max(greatest[i], mark.token());
      }
    }
    return greatest;
  }

  /** Returns the number of steps; power cuts happen at 0 (before the first) to this (after all). */
  public int steps() {
    return log.size();
  }

  /** Returns the greatest token acknowledged before a step, or -1. */
  public long acknowledgedAt(int step) {
    return acknowledged[step];
  }

  /** Returns the greatest token submitted before a step, or -1. */
  public long submittedAt(int step) {
    return submitted[step];
  }

  /** Returns the steps next to which names change or a sync ends, in order. */
  public int[] turningPoints() {
    return IntStream.rangeClosed(0, log.size())
        .filter(step -> isTurn(step) || isTurn(step - 1))
        .toArray();
  }

  private boolean isTurn(int step) {
    return step >= 0
        && step < log.size()
        && switch (log.get(step)) {
          case DiskOp.Rename op -> true;
          case DiskOp.Delete op -> true;
          case DiskOp.Create op -> true;
          case DiskOp.SyncEnd op -> true;
          case DiskOp.DirectorySyncEnd op -> true;
          default -> false;
        };
  }

  /** Describes the step in one line. */
  public String describe(int step) {
    if (step == log.size()) {
      return "the end";
    }
    return switch (log.get(step)) {
      case DiskOp.Write(int inode, long offset, byte[] bytes) ->
          "Write[inode=" + inode + ", offset=" + offset + ", length=" + bytes.length + "]";
      case DiskOp op -> op.toString();
    };
  }

  /**
   * Returns the disk after a power cut just before a step; the seed decides which unsynced changes
   * survive.
   */
  public MemoryStorage at(int step, PowerCut policy, long seed) {
    if (step < disk.steps()) {
      disk = start.settled();
    }
    while (disk.steps() < step) {
      disk.apply(log.get((int) disk.steps()));
    }
    return new MemoryStorage(DiskImage.of(disk, policy, seed));
  }
}
