package io.apexstore.cli;

import java.io.PrintStream;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;

/**
 * The output streams and the environment of a subcommand.
 *
 * @param out receives the results
 * @param err receives errors and everything else
 * @param environment the environment variables
 */
record Console(PrintStream out, PrintStream err, Map<String, String> environment) {
  /** Exit code: success. */
  static final int OK = 0;

  /** Exit code: the subcommand failed. */
  static final int FAILED = 1;

  /** Exit code: the command line or the configuration is wrong. */
  static final int USAGE_ERROR = 2;

  /** Prints a line with the time in front of it, which a long-running program needs. */
  void timed(String line) {
    out.println(Instant.now().truncatedTo(ChronoUnit.MILLIS) + " " + line);
    out.flush();
  }

  /** Prints an error as one line. */
  void error(String line) {
    err.println("apexstore: " + line);
  }
}
