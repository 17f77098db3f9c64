package io.apexstore.engine.io;

import java.util.ArrayList;
import java.util.List;

/**
 * A {@link MemoryStorage} that records, in one sequence, every step and every acknowledgment to the
 * workload. {@link #images()} then returns the disk as a power cut at any of these steps would
 * leave it, without running the workload again.
 *
 * <p><b>Threads:</b> any.
 */
public final class CrashStorage extends MemoryStorage {
  private static final String ACKNOWLEDGED = "acknowledged";
  private static final String SUBMITTED = "submitted";

  private final SimulatedDisk start;
  private final List<DiskOp> log = new ArrayList<>();

  /** Creates an empty storage. */
  public CrashStorage() {
    this(new MemoryStorage());
  }

  /** Creates a storage with durable copies of the files of another one, such as an image. */
  public CrashStorage(MemoryStorage files) {
    super(files.copy().disk());
    start = disk().settled();
  }

  @Override
  long step(DiskOp op) {
    log.add(op);
    return super.step(op);
  }

  /** Records that everything up to this token was acknowledged to the workload as durable. */
  public synchronized void acknowledged(long token) {
    step(new DiskOp.Mark(ACKNOWLEDGED, token));
  }

  /** Records that the workload submitted the operation with this token. */
  public synchronized void submitted(long token) {
    step(new DiskOp.Mark(SUBMITTED, token));
  }

  /** Returns the number of recorded steps. */
  public synchronized int steps() {
    return log.size();
  }

  /** Returns the images of power cuts at the steps recorded so far. */
  public synchronized CrashImages images() {
    return new CrashImages(start, List.copyOf(log), ACKNOWLEDGED, SUBMITTED);
  }
}
