package io.apexstore.cli;

import java.io.PrintStream;
import java.util.Map;

/**
 * Where a command speaks and what it finds around it.
 *
 * @param out for what was asked for
 * @param err for everything else
 * @param environment the environment's variables
 */
record Console(PrintStream out, PrintStream err, Map<String, String> environment) {
  static final int OK = 0;
  static final int FAILED = 1;
  static final int MISUSED = 2;

  /** Prints a line about what went wrong. */
  void complain(String line) {
    err.println("apexstore: " + line);
  }
}
