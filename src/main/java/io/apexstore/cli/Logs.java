package io.apexstore.cli;

/** How the program logs unless told otherwise: one line each, to standard error. */
final class Logs {
  private static final String FORMAT = "java.util.logging.SimpleFormatter.format";

  private Logs() {}

  static void configure() {
    if (System.getProperty(FORMAT) == null) {
      System.setProperty(FORMAT, "%1$tFT%1$tT.%1$tL%1$tz %4$s %3$s %5$s%6$s%n");
    }
  }
}
