package io.apexstore.engine.wal;

import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Keeps the warnings about torn tails out of the output of tests that tear thousands. */
final class QuietReplay implements BeforeAllCallback, AfterAllCallback {
  static final Logger LOGGER = Logger.getLogger(LogReplay.class.getName());

  @Override
  public void beforeAll(ExtensionContext context) {
    LOGGER.setUseParentHandlers(false);
    LOGGER.setLevel(Level.ALL);
  }

  @Override
  public void afterAll(ExtensionContext context) {
    LOGGER.setUseParentHandlers(true);
    LOGGER.setLevel(null);
  }
}
