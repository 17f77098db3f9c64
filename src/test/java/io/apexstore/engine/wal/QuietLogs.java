package io.apexstore.engine.wal;

import java.util.logging.Logger;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** An extension that suppresses the warnings that tests provoke by the thousand. */
final class QuietLogs implements BeforeAllCallback, AfterAllCallback {
  /** The parent of the loggers of the package's classes. */
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
