package io.apexstore.engine.base;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** An extension that installs a log handler which throws for every record of the store. */
public final class ThrowingLogHandler extends Handler
    implements BeforeEachCallback, AfterEachCallback {
  private static final Logger STORE = Logger.getLogger("io.apexstore");

  private final AtomicInteger thrown = new AtomicInteger();

  /** Returns how often the handler has thrown. */
  public int thrown() {
    return thrown.get();
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    STORE.setUseParentHandlers(false);
    STORE.setLevel(Level.ALL);
    STORE.addHandler(this);
  }

  @Override
  public void afterEach(ExtensionContext context) {
    STORE.removeHandler(this);
    STORE.setLevel(null);
    STORE.setUseParentHandlers(true);
  }

  @Override
  public void publish(LogRecord entry) {
    thrown.incrementAndGet();
    throw new IllegalStateException("this handler always throws");
  }

  @Override
  public void flush() {}

  @Override
  public void close() {}
}
