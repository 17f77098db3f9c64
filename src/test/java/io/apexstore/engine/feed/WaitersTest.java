package io.apexstore.engine.feed;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.apexstore.engine.base.TimeSource;
import io.apexstore.engine.base.VersionTags;
import io.apexstore.engine.wal.LogReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class WaitersTest {
  private final ChangeSignal signal = new ChangeSignal();
  private final AtomicLong readable = new AtomicLong();

  private void publish(long version) {
    readable.set(version);
    signal.published(version);
  }

  @Test
  void eachIsNotifiedOnceWhenItsVersionIsReadableUnlessItWasRemoved() {
    Random random = new Random(3);
    Waiters waiters = new Waiters(signal, readable::get, Runnable::run);
    List<Integer> woken = new ArrayList<>();
    List<Integer> expected = new ArrayList<>();
    List<Waiters.Waiter> added = new ArrayList<>();
    List<Long> versions = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      int number = i;
      // Some wait for the same version.
      versions.add(1L + random.nextInt(500));
      added.add(new Waiters.Waiter(versions.get(i), () -> woken.add(number)));
      waiters.add(added.get(i));
    }
    List<Integer> removed = new ArrayList<>();
    for (int i = 0; i < 2_000; i += 3) {
      waiters.remove(added.get(i));
      waiters.remove(added.get(i));
      removed.add(i);
    }
    assertEquals(2_000 - removed.size(), waiters.size());
    for (long version = 1; version <= 500; version++) {
      for (int i = 0; i < 2_000; i++) {
        if (versions.get(i) == version && !removed.contains(i)) {
          expected.add(i);
        }
      }
      publish(version);
      assertEquals(expected, woken);
    }
    assertEquals(0, waiters.size());
  }

  /** A store that has only versions. */
  private final class Source implements ChangeSource {
    @Override
    public VersionTags versionTags() {
      return new VersionTags(new long[] {1}, new int[] {1});
    }

    @Override
    public TimeSource time() {
      return TimeSource.SYSTEM;
    }

    @Override
    public long publishedVersion() {
      return readable.get();
    }

    @Override
    public long durableVersion() {
      return readable.get();
    }

    @Override
    public long openedAtVersion() {
      return 0;
    }

    @Override
    public LogReader readAfter(long version, LogReader.@Nullable StartHint start) {
      throw new UnsupportedOperationException();
    }

    @Override
    public @Nullable String keyspaceName(int keyspaceId) {
      throw new UnsupportedOperationException();
    }

    @Override
    public List<Integer> keyspaceIds() {
      throw new UnsupportedOperationException();
    }

    @Override
    public long registerSnapshot() {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean registerSnapshotAt(long version) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void releaseSnapshot(long version) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void scan(
        int keyspaceId,
        byte @Nullable [] from,
        byte @Nullable [] to,
        long version,
        long nowMs,
        EntryConsumer consumer) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void throwIfFailed() {}
  }

  @Test
  void aCursorHasOneCallbackAtATimeAndNoneOnceItIsClosed() {
    ChangeLog changes = new ChangeLog(new Source(), signal, new LogHolds(), Runnable::run);
    publish(5);
    AtomicInteger calls = new AtomicInteger();
    AtomicInteger replaced = new AtomicInteger();
    ChangeCursor first = changes.openNow(ChangeFilter.ALL, false, 1);
    ChangeCursor second = changes.openNow(ChangeFilter.ALL, false, 1);
    ChangeCursor third = changes.openNow(ChangeFilter.ALL, false, 1);
    for (int i = 0; i < 1_000; i++) {
      first.whenReady(replaced::incrementAndGet);
      second.whenReady(replaced::incrementAndGet);
    }
    first.whenReady(calls::incrementAndGet);
    assertEquals(2, changes.waiters().size());
    second.close();
    assertEquals(1, changes.waiters().size());
    publish(6);
    assertEquals(1, calls.get());
    first.close();
    publish(7);
    third.whenReady(calls::incrementAndGet);
    assertEquals(2, calls.get(), "a version was readable already");
    assertEquals(0, replaced.get());
    ChangeCursor fourth = changes.openNow(ChangeFilter.ALL, false, 1);
    fourth.whenReady(calls::incrementAndGet);
    assertEquals(2, calls.get());
    changes.close();
    assertEquals(3, calls.get(), "closing the store notifies the waiters");
    assertEquals(0, changes.waiters().size());
  }
}
