package io.apexstore.engine.version;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class SnapshotListTest {
  private final AtomicLong published = new AtomicLong(10);
  private final SnapshotList snapshots = new SnapshotList(published::get);

  @Test
  void theHorizonIsAlwaysVisible() {
    assertArrayEquals(new long[] {10}, snapshots.visible());
    published.set(20);
    assertArrayEquals(new long[] {20}, snapshots.visible());
    assertEquals(20, snapshots.oldestVisible());
  }

  @Test
  void aVersionStaysVisibleUntilItsLastRegistrationIsReleased() {
    assertEquals(10, snapshots.register());
    assertEquals(10, snapshots.register());
    published.set(15);
    assertEquals(15, snapshots.register());
    published.set(20);
    assertArrayEquals(new long[] {10, 15, 20}, snapshots.visible());
    snapshots.release(10);
    assertArrayEquals(new long[] {10, 15, 20}, snapshots.visible());
    snapshots.release(10);
    assertArrayEquals(new long[] {15, 20}, snapshots.visible());
    assertEquals(1, snapshots.size());
    snapshots.release(15);
    assertThrows(IllegalStateException.class, () -> snapshots.release(15));
  }

  @Test
  void aSnapshotAtTheHorizonIsListedOnce() {
    snapshots.register();
    assertArrayEquals(new long[] {10}, snapshots.visible());
  }

  @Test
  void noSnapshotFallsBetweenAnAnswerAndItsHorizon() throws InterruptedException {
    AtomicBoolean done = new AtomicBoolean();
    List<String> faults = new ArrayList<>();
    Thread writer =
        new Thread(
            () -> {
              while (!done.get()) {
                published.incrementAndGet();
              }
            });
    Thread chooser =
        new Thread(
            () -> {
              long horizon = 0;
              while (!done.get()) {
                long[] visible = snapshots.visible();
                long before = horizon;
                // A version that appears now and was not the horizon or above before was missed.
                if (Arrays.stream(visible).anyMatch(v -> v < before && !known.contains(v))) {
                  faults.add(Arrays.toString(visible));
                }
                horizon = visible[visible.length - 1];
                known.clear();
                Arrays.stream(visible).forEach(known::add);
              }
            });
    writer.start();
    chooser.start();
    for (int i = 0; i < 20_000; i++) {
      long version = snapshots.register();
      if (i % 3 != 0) {
        snapshots.release(version);
      } else {
        held.add(version);
        if (held.size() > 5) {
          snapshots.release(held.removeFirst());
        }
      }
    }
    done.set(true);
    writer.join();
    chooser.join();
    assertTrue(faults.isEmpty(), faults.toString());
  }

  private final List<Long> held = new ArrayList<>();
  private final List<Long> known = new ArrayList<>();
}
