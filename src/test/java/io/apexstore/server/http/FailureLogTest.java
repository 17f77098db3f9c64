package io.apexstore.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.ResourceBundle;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FailureLogTest {
  private final List<String> lines = new ArrayList<>();
  private long nowNanos = 5;
  private final FailureLog log = new FailureLog(() -> nowNanos, new ListLogger(lines));

  @Test
  void theLinesOfOneKindAreLimitedAndTheOmittedOnesCounted() {
    for (int i = 0; i < 500; i++) {
      fail(Problem.Kind.CORRUPTION, i);
    }
    assertEquals(FailureLog.LINES_MAX, lines.size());
    assertEquals("request 0 failed", lines.getFirst());
    nowNanos += 60_000_000_000L;
    fail(Problem.Kind.CORRUPTION, 500);
    assertEquals(
        "request 500 failed (and 480 more of this kind, which are not logged)", lines.getLast());
    fail(Problem.Kind.CORRUPTION, 501);
    assertEquals("request 501 failed", lines.getLast());
  }

  @Test
  void oneKindDoesNotHideAnother() {
    for (int i = 0; i < 500; i++) {
      fail(Problem.Kind.CORRUPTION, i);
    }
    fail(Problem.Kind.DISK_FULL, 1);
    assertEquals(FailureLog.LINES_MAX + 1, lines.size());
  }

  private void fail(Problem.Kind kind, int request) {
    log.write(kind, () -> "request " + request + " failed");
  }

  /** A logger that keeps its lines. */
  private record ListLogger(List<String> lines) implements System.Logger {
    @Override
    public String getName() {
      return "list";
    }

    @Override
    public boolean isLoggable(Level level) {
      return true;
    }

    @Override
    public void log(
        Level level,
        @Nullable ResourceBundle bundle,
        @Nullable String text,
        @Nullable Throwable thrown) {
      lines.add(String.valueOf(text));
    }

    @Override
    public void log(
        Level level,
        @Nullable ResourceBundle bundle,
        @Nullable String format,
        @Nullable Object @Nullable ... parameters) {
      lines.add(String.valueOf(format));
    }
  }
}
