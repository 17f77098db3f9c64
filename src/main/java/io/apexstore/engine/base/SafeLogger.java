package io.apexstore.engine.base;

import java.util.ResourceBundle;
import org.jspecify.annotations.Nullable;

/**
 * A logger that never throws. Where log records go is up to the embedding program: its handler may
 * throw, and a failure of logging must not end the work that is logged.
 *
 * <p>A record whose handler throws is lost. That it is a {@link System.Logger} itself matters:
 * {@code java.util.logging} leaves the frames of such classes out when it looks for the class and
 * method that a record comes from.
 *
 * <p><b>Threads:</b> any, as far as the program's handlers allow.
 */
public final class SafeLogger implements System.Logger {
  private final System.Logger logger;

  private SafeLogger(System.Logger logger) {
    this.logger = logger;
  }

  /** Returns the logger that is named after a class. */
  public static System.Logger of(Class<?> type) {
    return new SafeLogger(System.getLogger(type.getName()));
  }

  @Override
  public String getName() {
    return logger.getName();
  }

  @Override
  public boolean isLoggable(Level level) {
    try {
      return logger.isLoggable(level);
    } catch (Throwable e) {
      return false;
    }
  }

  @Override
  public void log(
      Level level,
      @Nullable ResourceBundle bundle,
      @Nullable String message,
      @Nullable Throwable thrown) {
    try {
      logger.log(level, bundle, message, thrown);
    } catch (Throwable e) {
      // Lost: there is no other place to report it.
    }
  }

  @Override
  public void log(
      Level level,
      @Nullable ResourceBundle bundle,
      @Nullable String format,
      @Nullable Object @Nullable ... parameters) {
    try {
      logger.log(level, bundle, format, parameters);
    } catch (Throwable e) {
      // Lost: there is no other place to report it.
    }
  }
}
