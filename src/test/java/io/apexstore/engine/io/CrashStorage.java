package io.apexstore.engine.io;

import java.util.ArrayList;
import java.util.List;

/**
 * A {@link MemoryStorage} that writes down every step, and what the workload was told and when, in
 * one order. {@link #images()} then gives the disk as a power cut at any of these steps would leave
 * it, without running the workload again.
 *
 * <p><b>Threads:</b> any.
 */
public final class CrashStorage extends MemoryStorage {
  private static final String ACKNOWLEDGED = "acknowledged";
  private static final String SUBMITTED = "submitted";

  private final SimulatedDisk start;
  private final List<DiskOp> log = new ArrayList<>();

  /** Makes an empty one. */
  public CrashStorage() {
    this(new MemoryStorage());
  }

  /** Makes one that begins with the files of another, say an image, all of them durable. */
  public CrashStorage(MemoryStorage files) {
    super(files.copy().disk());
    start = disk().settled();
  }

  @Override
  long step(DiskOp op) {
    log.add(op);
    return super.step(op);
  }

  /** Notes that the workload was told that what has this number, and all before it, is durable. */
  public synchronized void acknowledged(long token) {
    step(new DiskOp.Mark(ACKNOWLEDGED, token));
  }

  /** Notes that the workload has handed in what has this number. */
  public synchronized void submitted(long token) {
    step(new DiskOp.Mark(SUBMITTED, token));
  }

  /** Returns how many steps were taken. */
  public synchronized int steps() {
    return log.size();
  }

  /** Returns the power cuts at the steps taken so far. */
  public synchronized CrashImages images() {
    return new CrashImages(start, List.copyOf(log), ACKNOWLEDGED, SUBMITTED);
  }
}
