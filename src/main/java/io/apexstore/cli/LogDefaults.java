package io.apexstore.cli;

import io.netty.util.internal.logging.InternalLoggerFactory;
import io.netty.util.internal.logging.JdkLoggerFactory;

/**
 * The default logging of the program: {@code java.util.logging}, one line per message, to standard
 * error. System properties that are set already override it.
 */
final class LogDefaults {
  private static final String FORMAT = "java.util.logging.SimpleFormatter.format";
  private static final String VERTX = "vertx.logger-delegate-factory-class-name";

  private LogDefaults() {}

  static void apply() {
    setDefault(FORMAT, "%1$tFT%1$tT.%1$tL%1$tz %4$s %3$s %5$s%6$s%n");
    // Otherwise Vert.x and Netty would search every jar for other logging libraries at each start.
    setDefault(VERTX, "io.vertx.core.logging.JULLogDelegateFactory");
    InternalLoggerFactory.setDefaultFactory(JdkLoggerFactory.INSTANCE);
  }

  private static void setDefault(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }
}
