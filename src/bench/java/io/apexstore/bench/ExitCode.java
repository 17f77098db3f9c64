package io.apexstore.bench;

/** How a run ended. */
enum ExitCode {
  /** All was measured. */
  DONE(0),
  /** Something could not be measured. */
  FAILED(1),
  /** The command line was wrong. */
  USAGE(2),
  /** A ratio is worse than in the summary that was compared with. */
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
