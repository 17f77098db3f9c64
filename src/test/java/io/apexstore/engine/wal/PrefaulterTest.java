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
  private final Prefaulter prefaulter = new Prefaulter(background);
  private final List<String> prefaulted = new ArrayList<>();

  /** A region that records the prefaulted ranges. */
  private final class RecordingRegion implements RegionFile {
    final String name;

    RecordingRegion(String name) {
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
      prefaulted.add(name + " " + from + "-" + to);
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
    prefaulter.start();
    background.runAll();
  }

  private void written(LiveSegment segment, long offset, long unsyncedBytes) {
    segment.offset = offset;
    prefaulter.written(segment, unsyncedBytes);
    background.runAll();
  }

  @Test
  void nothingIsPrefaultedInALogThatIsSyncedOften() {
    LiveSegment segment = new LiveSegment(1, new RecordingRegion("a"), BlockCipher.NONE);
    for (long offset = 0; offset < SEGMENT_BYTES; offset += 4096) {
      written(segment, offset, STEP - 1);
    }
    assertEquals(List.of(), prefaulted);
    assertEquals(0, background.waiting());
  }

  @Test
  void rangesFollowOneAnotherToTheEndOfEachSegment() {
    LiveSegment first = new LiveSegment(1, new RecordingRegion("a"), BlockCipher.NONE);
    LiveSegment second = new LiveSegment(2, new RecordingRegion("b"), BlockCipher.NONE);
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
    assertEquals(expected, prefaulted);
  }

  @Test
  void pagesThatTheWriterHasPassedAreSkipped() {
    LiveSegment segment = new LiveSegment(1, new RecordingRegion("a"), BlockCipher.NONE);
    written(segment, 0, STEP);
    written(segment, 3 * AHEAD, STEP);
    assertEquals(List.of("a 0-" + AHEAD, "a " + 3 * AHEAD + "-" + 4 * AHEAD), prefaulted);
  }

  @Test
  void nothingIsPrefaultedAfterTheStop() {
    LiveSegment segment = new LiveSegment(1, new RecordingRegion("a"), BlockCipher.NONE);
    prefaulter.stop();
    written(segment, 0, STEP);
    assertEquals(List.of(), prefaulted);
  }
}
