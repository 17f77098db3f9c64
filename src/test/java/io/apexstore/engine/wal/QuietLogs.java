package io.apexstore.engine.wal;

import java.util.logging.Logger;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Keeps the warnings that tests provoke by the thousand out of their output. */
final class QuietLogs implements BeforeAllCallback, AfterAllCallback {
  /** What the loggers of the package's classes report to. */
  static final Logger LOGGER = Logger.getLogger(QuietLogs.class.getPackageName());

  @Override
  public void beforeAll(ExtensionContext context) {
    LOGGER.setUseParentHandlers(false);
  }

  @Override
  public void afterAll(ExtensionContext context) {
    LOGGER.setUseParentHandlers(true);
  }
}
