package io.apexstore.bench;

/** The exit codes. */
enum ExitCode {
  /** Every workload was measured. */
  DONE(0),
  /** A workload could not be measured. */
  FAILED(1),
  /** The command line was wrong. */
  USAGE(2),
  /** A ratio is worse than in the earlier summary. */
  WORSE(3),
  /** A goal is not met. */
  GOAL_NOT_MET(4);

  private final int number;

  ExitCode(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }
}
