package io.apexstore.cli;

import io.netty.util.internal.logging.InternalLoggerFactory;
import io.netty.util.internal.logging.JdkLoggerFactory;

/** How the program logs unless told otherwise: one line each, to standard error. */
final class Logs {
  private static final String FORMAT = "java.util.logging.SimpleFormatter.format";
  private static final String VERTX = "vertx.logger-delegate-factory-class-name";

  private Logs() {}

  static void configure() {
    setUnlessGiven(FORMAT, "%1$tFT%1$tT.%1$tL%1$tz %4$s %3$s %5$s%6$s%n");
    // Both would look for other libraries' loggers, in every jar, at each start.
    setUnlessGiven(VERTX, "io.vertx.core.logging.JULLogDelegateFactory");
    InternalLoggerFactory.setDefaultFactory(JdkLoggerFactory.INSTANCE);
  }

  private static void setUnlessGiven(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }
}
