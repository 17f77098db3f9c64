package io.apexstore.engine.crash;

import static org.junit.jupiter.api.Assertions.assertThrows;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.TestClock;
import io.apexstore.engine.encryption.DataKeys;
import io.apexstore.engine.encryption.KeyWrapper;
import io.apexstore.engine.encryption.TestWrapper;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.MemoryStorage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The encryption keys of the store of a run, and checks of them after a power cut. */
final class CrashKeys {
  private final CrashRun run;
  private final KeyWrapper others = new TestWrapper(-1);

  CrashKeys(CrashRun run) {
    this.run = run;
  }

  /**
   * Returns only the key-encryption key that the image names, which must suffice to open it. It is
   * that of the last rotation that had ended, or a later one.
   */
  @Nullable KeyWrapper needed(MemoryStorage image, int step) {
    TestWrapper all = run.keys;
    String named = all == null ? null : wrappedWith(image);
    if (all == null || named == null) {
      return all;
    }
    Map.Entry<Integer, String> last = run.rotations.floorEntry(step);
    List<String> ids = all.ids();
    if (last != null && ids.indexOf(named) < ids.indexOf(last.getValue())) {
      throw new AssertionError(
          "data keys are wrapped with " + named + ", the last rotation was to " + last.getValue());
    }
    return all.only(named);
  }

  private static @Nullable String wrappedWith(MemoryStorage image) {
    try {
      return DataKeys.wrappedWith(image);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Checks that an open with wrong or missing encryption keys fails and changes nothing. */
  void checkRefusals(MemoryStorage image) {
    if (run.keys != null && wrappedWith(image) != null) {
      checkRefusal(image, others, Failure.KEY_UNAVAILABLE);
      checkRefusal(image, null, Failure.KEY_UNAVAILABLE);
    } else if (run.keys == null && image.contents().containsKey(FileNames.MANIFEST)) {
      checkRefusal(image, others, Failure.INVALID_REQUEST);
    }
  }

  private void checkRefusal(MemoryStorage image, @Nullable KeyWrapper wrong, Failure expected) {
    MemoryStorage files = image.copy();
    Map<String, byte[]> before = files.contents();
    EngineException refusal =
        assertThrows(
            EngineException.class,
            () ->
                SimulatedProcess.open(
                    files, new ForwardingStorage(files), run.options, wrong, TestClock.at(0), 1));
    if (refusal.failure() != expected) {
      throw refusal;
    }
    Map<String, byte[]> after = files.contents();
    before.forEach(
        (name, bytes) -> {
          if (!Arrays.equals(bytes, after.remove(name))) {
            throw new AssertionError("a refused open changed " + name);
          }
        });
    after.remove(FileNames.LOCK);
    if (!after.isEmpty()) {
      throw new AssertionError("a refused open created " + after.keySet());
    }
  }
}
