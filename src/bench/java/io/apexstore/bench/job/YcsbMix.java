package io.apexstore.bench.job;

/** The core workloads of YCSB: the share of each kind of operation, and the choice of records. */
enum YcsbMix {
  /** Session store: reads and updates. */
  A(50, 50, 0, 0, 0, false),
  /** Photo tags: mostly reads. */
  B(95, 5, 0, 0, 0, false),
  /** Profiles: reads. */
  C(100, 0, 0, 0, 0, false),
  /** Status updates: reads of the latest. */
  D(95, 0, 5, 0, 0, true),
  /** Threaded conversations: short scans. */
  E(0, 0, 5, 95, 0, false),
  /** User database: read, modify, write. */
  F(50, 0, 0, 0, 50, false);

  /** The kind of an operation. */
  enum Action {
    READ,
    UPDATE,
    INSERT,
    SCAN,
    READ_MODIFY_WRITE
  }

  private final int reads;
  private final int updates;
  private final int inserts;
  private final int scans;
  private final int readModifyWrites;
  private final boolean latest;

  YcsbMix(int reads, int updates, int inserts, int scans, int readModifyWrites, boolean latest) {
    this.reads = reads;
    this.updates = updates;
    this.inserts = inserts;
    this.scans = scans;
    this.readModifyWrites = readModifyWrites;
    this.latest = latest;
  }

  /** Whether newer records are chosen more often; otherwise each has a fixed popularity. */
  boolean latest() {
    return latest;
  }

  boolean scans() {
    return scans > 0;
  }

  boolean inserts() {
    return inserts > 0;
  }

  boolean writes() {
    return updates + inserts + readModifyWrites > 0;
  }

  /** Returns the action for a number from 0 to 99. */
  Action action(int percent) {
    int rest = percent - reads;
    if (rest < 0) {
      return Action.READ;
    }
    rest -= updates;
    if (rest < 0) {
      return Action.UPDATE;
    }
    rest -= inserts;
    if (rest < 0) {
      return Action.INSERT;
    }
    return rest < scans ? Action.SCAN : Action.READ_MODIFY_WRITE;
  }
}
