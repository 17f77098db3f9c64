package io.apexstore.engine.wal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.apexstore.engine.encryption.BlockCipher;
import io.apexstore.engine.io.RegionFile;
import io.apexstore.engine.io.SimulatedExecutor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PrefaulterTest {
  private static final long SEGMENT_BYTES = 16L << 20;
  private static final long STEP = Prefaulter.STEP_BYTES;
  private static final long AHEAD = Prefaulter.AHEAD_BYTES;

  private final SimulatedExecutor background = new SimulatedExecutor(1);
  private final Prefaulter pages = new Prefaulter(background);
  private final List<String> ready = new ArrayList<>();

  /** A region that takes notes of what is made ready. */
  private final class Notes implements RegionFile {
    final String name;

    Notes(String name) {
      this.name = name;
    }

    @Override
    public long size() {
      return SEGMENT_BYTES;
    }

    @Override
    public void write(long offset, byte[] source, int sourceOffset, int length) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void prefault(long from, long to) {
      ready.add(name + " " + from + "-" + to);
    }

    @Override
    public void sync() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
  }

  @BeforeEach
  void start() {
    pages.start();
    background.runAll();
  }

  private void written(LiveSegment segment, long offset, long unsyncedBytes) {
    segment.offset = offset;
    pages.written(segment, unsyncedBytes);
    background.runAll();
  }

  @Test
  void aLogThatIsSyncedOftenHasNothingMadeReady() {
    LiveSegment segment = new LiveSegment(1, new Notes("a"), BlockCipher.NONE);
    for (long offset = 0; offset < SEGMENT_BYTES; offset += 4096) {
      written(segment, offset, STEP - 1);
    }
    assertEquals(List.of(), ready);
    assertEquals(0, background.waiting());
  }

  @Test
  void stretchesFollowOneAnotherToTheEndOfEachSegment() {
    LiveSegment first = new LiveSegment(1, new Notes("a"), BlockCipher.NONE);
    LiveSegment second = new LiveSegment(2, new Notes("b"), BlockCipher.NONE);
    for (LiveSegment segment : List.of(first, second)) {
      for (long offset = 0; offset <= SEGMENT_BYTES; offset += STEP / 4) {
        written(segment, offset, STEP);
      }
    }
    List<String> expected = new ArrayList<>();
    for (String name : List.of("a", "b")) {
      expected.add(name + " 0-" + AHEAD);
      for (long from = AHEAD; from < SEGMENT_BYTES; from += STEP) {
        expected.add(name + " " + from + "-" + (from + STEP));
      }
    }
    assertEquals(expected, ready);
  }

  @Test
  void whatTheWriterHasPassedIsLeftOut() {
    LiveSegment segment = new LiveSegment(1, new Notes("a"), BlockCipher.NONE);
    written(segment, 0, STEP);
    written(segment, 3 * AHEAD, STEP);
    assertEquals(List.of("a 0-" + AHEAD, "a " + 3 * AHEAD + "-" + 4 * AHEAD), ready);
  }

  @Test
  void nothingIsMadeReadyAfterTheEnd() {
    LiveSegment segment = new LiveSegment(1, new Notes("a"), BlockCipher.NONE);
    pages.stop();
    written(segment, 0, STEP);
    assertEquals(List.of(), ready);
  }
}
