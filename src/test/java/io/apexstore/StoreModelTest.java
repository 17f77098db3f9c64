package io.apexstore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.VersionModel.Found;
import io.apexstore.encryption.EncryptionKeyProvider;
import io.apexstore.engine.base.TestClock;
import io.apexstore.error.ApexException;
import io.apexstore.options.CompactionStrategy;
import io.apexstore.options.KeyspaceOptions;
import io.apexstore.options.StoreOptions;
import io.apexstore.options.SyncMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random operations on a store, checked against sorted maps of versions: writes with and without
 * expiry and conditions, merges, counters, transactions, snapshots, reads of old versions, scans
 * that continue much later, a feed with previous values, flushes, compactions, new encryption keys,
 * dropped keyspaces, restarts. {@code -Dseed=N} replays a run, {@code -Dmodel.operations=N} sets
 * its length.
 */
@Tag("model")
class StoreModelTest {
  private static final List<String> KEYSPACES = List.of("default", "second", "third");
  // This keyspace always logs previous values; the first one does at times.
  private static final int LOGS_PREVIOUS = 1;
  private static final int SNAPSHOTS_MAX = 4;
  private static final int VERSIONS_MAX = 2_000;
  private static final StoreOptions OPTIONS =
      StoreOptions.defaults()
          .withSyncMode(SyncMode.INTERVAL)
          .withSyncInterval(Duration.ofMillis(50))
          .withMemtableBytesMax(64 << 10)
          .withBlockBytes(1024)
          .withBlockCacheBytes(1 << 20)
          .withHistoryRetention(Duration.ofSeconds(2))
          .withCompactionThreads(2);
  // Appends up to a length; a longer value deletes the key.
  private static final MergeOperator MERGE =
      (key, existing, operand) ->
          existing != null && existing.length + operand.length > 150
              ? null
              : MergeOperators.append().merge(key, existing, operand);
  // A filter that deletes nothing, so that the model need not know of it.
  private static final KeyspaceOptions ROOMY =
      KeyspaceOptions.defaults().withCompaction(CompactionStrategy.FIFO).withFifoBytesMax(1L << 40);

  @TempDir Path directory;

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Random random = new Random(seed);
  // By version: when it was committed, as its snapshots say.
  private final Map<Long, Long> pastTimesMs = new HashMap<>();
  private final TestClock clock = TestClock.wallAt(1_000_000);
  private final List<VersionModel> model = new ArrayList<>();
  private final List<VersionModel> replica = new ArrayList<>();
  // Whether the feed's snapshot is being read, and when it was started or continued last.
  private boolean inSnapshot = true;
  private long snapshotMs;
  private final Deque<OpenScan> scans = new ArrayDeque<>();
  private final Deque<Snapshot> snapshots = new ArrayDeque<>();
  // The versions of the most recent commits.
  private final Deque<Long> versions = new ArrayDeque<>();
  private boolean encrypted;
  private @Nullable ApexStore opened;
  private @Nullable ChangeFeed feed;
  private @Nullable String token;

  /** A cursor that continues later, with the entries that it must still return. */
  private record OpenScan(Cursor cursor, Deque<Found> expected) {}

  @AfterEach
  void closeAll() {
    scans.forEach(scan -> scan.cursor().close());
    snapshots.forEach(Snapshot::close);
    if (opened != null) {
      opened.close();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aStoreAgreesWithSortedMapsOfVersionsWhateverHappens(boolean isEncrypted) {
    System.err.println("StoreModelTest: -Dseed=" + seed + ", encrypted: " + isEncrypted);
    encrypted = isEncrypted;
    KEYSPACES.forEach(name -> model.add(new VersionModel()));
    KEYSPACES.forEach(name -> replica.add(new VersionModel()));
    open();
    for (int k = 0; k < KEYSPACES.size(); k++) {
      changeStrategy(k);
    }
    long operations = Long.getLong("model.operations", 500_000);
    for (long i = 0; i < operations; i++) {
      step();
    }
    endScans();
    checkSnapshots();
    for (int k = 0; k < KEYSPACES.size(); k++) {
      compare(k, KeyRange.all(), false);
      compare(k, KeyRange.all(), true);
    }
    consume(Integer.MAX_VALUE);
  }

  private void step() {
    int choice = random.nextInt(100_000);
    int k = random.nextInt(KEYSPACES.size());
    if (choice < 38_000) {
      put(k);
    } else if (choice < 43_000) {
      putExpiring(k);
    } else if (choice < 53_000) {
      byte[] key = key();
      model.get(k).delete(key, noted(keyspace(k).delete(key)));
    } else if (choice < 53_100) {
      deleteRange(k);
    } else if (choice < 56_000) {
      batch();
    } else if (choice < 57_500) {
      merge(k);
    } else if (choice < 61_000) {
      conditional(k);
    } else if (choice < 64_000) {
      count(k);
    } else if (choice < 65_000) {
      transact();
    } else if (choice < 97_000) {
      byte[] key = key();
      check(model.get(k).get(key, Long.MAX_VALUE, now()), keyspace(k).getVersioned(key));
    } else if (choice < 98_000) {
      compare(k, range(), random.nextBoolean());
    } else if (choice < 99_000) {
      clock.advance(random.nextInt(40));
    } else {
      seldom(random.nextInt(1_000), k);
    }
  }

  private void seldom(int choice, int k) {
    if (choice < 250) {
      openScan(k);
    } else if (choice < 350) {
      endScans();
    } else if (choice < 500) {
      snapshot();
    } else if (choice < 650) {
      readThePast(k);
    } else if (choice < 800) {
      checkSnapshots();
    } else if (choice < 850) {
      forget();
    } else if (choice < 880) {
      store().flush();
    } else if (choice < 895) {
      store().compact();
    } else if (choice < 900) {
      keyspace(k).compact(range());
    } else if (choice < 905) {
      changeStrategy(k);
    } else if (choice < 910) {
      reopen();
    } else if (choice < 915 && encrypted) {
      store().rotateEncryptionKeys();
    } else if (choice < 918) {
      drop(k);
    } else if (choice < 980) {
      consume(random.nextInt(4) == 0 ? Integer.MAX_VALUE : random.nextInt(5_000));
    } else if (feed != null) {
      feed.close();
      feed = null;
    }
  }

  private void changeStrategy(int k) {
    CompactionStrategy[] all = CompactionStrategy.values();
    CompactionStrategy chosen = all[random.nextInt(all.length)];
    KeyspaceOptions shape =
        chosen == CompactionStrategy.FIFO
            ? ROOMY
            : KeyspaceOptions.defaults().withCompaction(chosen);
    KeyspaceOptions options =
        shape.withLogPreviousValues(k == LOGS_PREVIOUS || (k == 0 && random.nextBoolean()));
    assertEquals(chosen, store().keyspace(KEYSPACES.get(k), options).options().compaction());
  }

  private void open() {
    Path place = directory.resolve("store");
    ApexStore.Builder builder = ApexStore.builder(place).options(OPTIONS).time(clock);
    if (encrypted) {
      Path keys = directory.resolve("store.key");
      builder.keyProvider(
          Files.exists(keys)
              ? EncryptionKeyProvider.ofFile(keys)
              : EncryptionKeyProvider.createFile(keys));
    }
    opened = builder.open();
  }

  private void reopen() {
    endScans();
    checkSnapshots();
    snapshots.forEach(Snapshot::close);
    snapshots.clear();
    store().close();
    feed = null;
    open();
  }

  private ApexStore store() {
    return Objects.requireNonNull(opened);
  }

  private Keyspace keyspace(int k) {
    return store().keyspace(KEYSPACES.get(k));
  }

  private long now() {
    return clock.wallMs();
  }

  private long noted(long version) {
    Long before = versions.peekLast();
    assertTrue(before == null || before < version, () -> message(before + " before " + version));
    versions.addLast(version);
    if (versions.size() > VERSIONS_MAX) {
      versions.removeFirst();
    }
    return version;
  }

  private void put(int k) {
    byte[] key = key();
    byte[] value = value();
    long version =
        random.nextInt(50) == 0
            ? keyspace(k).putAsync(key, value).toCompletableFuture().join()
            : keyspace(k).put(key, value);
    model.get(k).put(key, noted(version), value, 0);
  }

  private void putExpiring(int k) {
    byte[] key = key();
    byte[] value = value();
    long ttl = ttl();
    long version = noted(keyspace(k).put(key, value, Duration.ofMillis(ttl)));
    model.get(k).put(key, version, value, now() + ttl);
  }

  private void merge(int k) {
    byte[] key = key();
    byte[] operand = value();
    long version =
        random.nextInt(10) == 0
            ? keyspace(k).mergeAsync(key, operand, MERGE).toCompletableFuture().join()
            : keyspace(k).merge(key, operand, MERGE);
    model.get(k).merge(key, noted(version), operand, MERGE, now());
  }

  private void deleteRange(int k) {
    KeyRange range = range();
    // Not all of it every time.
    if (!range.equals(KeyRange.all()) || random.nextInt(10) == 0) {
      model.get(k).deleteRange(range, noted(keyspace(k).deleteRange(range)));
    }
  }

  // The next use of the name creates it again, empty.
  private void drop(int k) {
    if (k == 0) {
      return;
    }
    assertTrue(store().dropKeyspace(KEYSPACES.get(k)), () -> message("not there"));
    try (Snapshot after = store().snapshot()) {
      model.get(k).deleteRange(KeyRange.all(), after.version());
    }
    if (k == LOGS_PREVIOUS) {
      changeStrategy(k);
    }
  }

  private long ttl() {
    return 1L + random.nextInt(2_000);
  }

  /** A change of the model that needs the version of the commit. */
  private interface Effect {
    void at(long version);
  }

  private void batch() {
    List<Effect> effects = new ArrayList<>();
    WriteBatch batch = store().newBatch();
    fill(batch, effects, random.nextInt(40));
    commit(batch, effects);
  }

  private void fill(WriteBatch batch, List<Effect> effects, int size) {
    for (int i = 0; i < size; i++) {
      VersionModel entries = model.get(random.nextInt(KEYSPACES.size()));
      Keyspace keyspace = keyspace(model.indexOf(entries));
      byte[] key = key();
      byte[] value = value();
      if (random.nextInt(300) == 0) {
        KeyRange range = range();
        batch.deleteRange(keyspace, range);
        effects.add(version -> entries.deleteRange(range, version));
      }
      switch (random.nextInt(5)) {
        case 0 -> {
          batch.delete(keyspace, key);
          effects.add(version -> entries.delete(key, version));
        }
        case 2 -> {
          batch.merge(keyspace, key, value, MERGE);
          effects.add(version -> entries.merge(key, version, value, MERGE, now()));
        }
        case 1 -> {
          long ttl = ttl();
          batch.put(keyspace, key, value, Duration.ofMillis(ttl));
          effects.add(version -> entries.put(key, version, value, now() + ttl));
        }
        default -> {
          batch.put(keyspace, key, value);
          effects.add(version -> entries.put(key, version, value, 0));
        }
      }
    }
  }

  private void commit(WriteBatch batch, List<Effect> effects) {
    long version = noted(store().write(batch));
    effects.forEach(effect -> effect.at(version));
  }

  private void conditional(int k) {
    byte[] key = key();
    Found found = model.get(k).get(key, Long.MAX_VALUE, now());
    List<Effect> effects = new ArrayList<>();
    WriteBatch batch = store().newBatch();
    boolean holds;
    switch (random.nextInt(3)) {
      case 0 -> {
        batch.requireAbsent(keyspace(k), key);
        holds = found == null;
      }
      case 1 -> {
        batch.requirePresent(keyspace(k), key);
        holds = found != null;
      }
      default -> {
        boolean right = found != null && random.nextInt(3) > 0;
        Long other = versions.peekLast();
        long required = right ? Objects.requireNonNull(found).version() : other == null ? 1 : other;
        batch.requireVersion(keyspace(k), key, required);
        holds = found != null && found.version() == required;
      }
    }
    fill(batch, effects, 1 + random.nextInt(3));
    if (holds) {
      commit(batch, effects);
      return;
    }
    try {
      store().write(batch);
    } catch (ApexException e) {
      assertEquals(ApexException.Code.CONDITION_FAILED, e.code(), () -> message("a condition"));
      return;
    }
    throw new AssertionError(message("a violated condition was accepted"));
  }

  private void count(int k) {
    byte[] key = ("n" + random.nextInt(10)).getBytes(UTF_8);
    Found before = model.get(k).get(key, Long.MAX_VALUE, now());
    long old = before == null ? 0 : Long.parseLong(text(before.entry().value()));
    long by = random.nextInt(100) - 50L;
    byte[] sum = Long.toString(old + by).getBytes(UTF_8);
    if (random.nextBoolean()) {
      assertEquals(old + by, keyspace(k).increment(key, by), () -> message("counter"));
    } else {
      byte[] made =
          keyspace(k)
              .update(
                  key,
                  value -> {
                    assertEquals(old, value == null ? 0 : Long.parseLong(text(value)));
                    return sum;
                  });
      assertArrayEquals(sum, made, () -> message("update"));
    }
    model.get(k).put(key, versionOf(k, key), sum, 0);
  }

  // A key that was just written.
  private long versionOf(int k, byte[] key) {
    VersionedValue written = keyspace(k).getVersioned(key);
    return noted(Objects.requireNonNull(written, () -> message("not there")).version());
  }

  private void transact() {
    int read = random.nextInt(KEYSPACES.size());
    int write = random.nextInt(KEYSPACES.size());
    byte[] key = key();
    KeyRange range = KeyRange.prefix(Arrays.copyOf(key(), 10));
    byte[] target = key();
    byte[] other = key();
    boolean deletes = random.nextBoolean() && !Arrays.equals(other, target);
    KeyRange gone = random.nextInt(20) == 0 ? range() : null;
    byte[] value =
        store()
            .transact(
                tx -> {
                  long seen = tx.version();
                  Found expected = model.get(read).get(key, seen, now());
                  byte[] found = tx.get(keyspace(read), key);
                  assertArrayEquals(valueOf(expected), found, () -> message("transaction"));
                  int sum = 0;
                  try (TransactionCursor cursor = tx.scan(keyspace(read), range)) {
                    for (Found one : model.get(read).range(range, false, seen, now())) {
                      assertTrue(cursor.next(), () -> message("missing in a transaction"));
                      assertArrayEquals(one.key(), cursor.key(), () -> message("transaction"));
                      sum += cursor.value().length;
                    }
                    assertFalse(cursor.next(), () -> message("too much in a transaction"));
                  }
                  byte[] made = ("sum " + sum).getBytes(UTF_8);
                  if (gone != null) {
                    tx.deleteRange(keyspace(write), gone);
                    assertTrue(
                        !gone.contains(other) || tx.get(keyspace(write), other) == null,
                        () -> message("deleted in a transaction"));
                  }
                  tx.put(keyspace(write), target, made);
                  if (deletes) {
                    tx.delete(keyspace(read), other);
                  }
                  return made;
                });
    long version = versionOf(write, target);
    if (gone != null) {
      model.get(write).deleteRange(gone, version);
    }
    model.get(write).put(target, version, value, 0);
    if (deletes) {
      model.get(read).delete(other, version);
    }
  }

  private void snapshot() {
    if (snapshots.size() == SNAPSHOTS_MAX) {
      snapshots.removeFirst().close();
    }
    Snapshot snapshot = store().snapshot();
    Long newest = versions.peekLast();
    assertTrue(newest == null || snapshot.version() >= newest, () -> message("a snapshot"));
    snapshots.addLast(snapshot);
  }

  private void checkSnapshots() {
    for (Snapshot snapshot : snapshots) {
      check(snapshot, random.nextInt(KEYSPACES.size()));
    }
  }

  private void check(Snapshot snapshot, int k) {
    for (int i = 0; i < 5; i++) {
      byte[] key = key();
      check(
          model.get(k).get(key, snapshot.version(), snapshot.timeMs()),
          snapshot.getVersioned(keyspace(k), key));
    }
    boolean reverse = random.nextBoolean();
    KeyRange range = range();
    try (Cursor cursor =
        snapshot.scan(keyspace(k), range, ScanOptions.DEFAULT.withReverse(reverse))) {
      walk(
          cursor,
          model.get(k).range(range, reverse, snapshot.version(), snapshot.timeMs()).iterator());
    }
  }

  private void readThePast(int k) {
    if (versions.isEmpty()) {
      return;
    }
    int index = random.nextInt(versions.size());
    long version = versions.stream().skip(index).findFirst().orElseThrow();
    try (Snapshot past = store().snapshotAt(version)) {
      assertEquals(version, past.version());
      Long timeMs = pastTimesMs.putIfAbsent(version, past.timeMs());
      assertTrue(timeMs == null || timeMs == past.timeMs(), () -> message("the time of the past"));
      check(past, k);
    } catch (ApexException e) {
      assertEquals(ApexException.Code.VERSION_EXPIRED, e.code(), () -> message("the past"));
      assertTrue(
          version < store().stats().snapshots().readableSince(), () -> message("it was kept"));
    }
  }

  // Drops what no one can read any more.
  private void forget() {
    long oldest = store().stats().snapshots().readableSince();
    for (Snapshot snapshot : snapshots) {
      oldest = Math.min(oldest, snapshot.version());
    }
    long bound = oldest;
    model.forEach(entries -> entries.forgetBefore(bound));
  }

  /** Applies changes; once there are no more, the replica must equal the store. */
  private void consume(int max) {
    store().sync();
    ChangeFeed open = feed;
    if (open == null) {
      ChangeFeed.Builder builder = store().changes();
      open = (token == null ? builder.withSnapshot() : builder.from(token)).open();
      feed = open;
      token = open.token();
      snapshotMs = inSnapshot ? now() : snapshotMs;
    }
    for (int i = 0; i < max; i++) {
      Change change = open.poll();
      if (change == null && inSnapshot) {
        // The store itself has deleted entries since the sync: the snapshot is not durable yet.
        return;
      }
      if (change == null) {
        for (int k = 0; k < KEYSPACES.size(); k++) {
          checkReplica(lines(model.get(k)), lines(replica.get(k)));
          replica.get(k).forgetBefore(Long.MAX_VALUE);
        }
        return;
      }
      token = change.token();
      inSnapshot = change instanceof Change.KeyChange k && k.cause() == Change.Cause.SNAPSHOT;
      if (change instanceof Change.KeyChange key) {
        VersionModel entries = replica.get(KEYSPACES.indexOf(key.keyspace()));
        byte[] value = key.value();
        checkPrevious(key, entries);
        if (value == null) {
          entries.delete(key.key(), key.version());
        } else {
          entries.put(key.key(), key.version(), value, key.expiryMs());
        }
      } else if (change instanceof Change.RangeDelete deleted) {
        replica
            .get(KEYSPACES.indexOf(deleted.keyspace()))
            .deleteRange(deleted.range(), deleted.version());
      }
    }
  }

  // Keys of a range that the same commit deleted are already gone.
  private void checkPrevious(Change.KeyChange change, VersionModel before) {
    if (change.cause() == Change.Cause.SNAPSHOT) {
      return;
    }
    boolean ofExpired = change.cause() == Change.Cause.EXPIRED;
    Found known = before.get(change.key(), Long.MAX_VALUE, ofExpired ? 0 : change.commitTimeMs());
    byte[] logged = change.previousValue();
    boolean mustLog = change.keyspace().equals(KEYSPACES.get(LOGS_PREVIOUS));
    boolean beforeSnapshotRead = change.commitTimeMs() < snapshotMs;
    if ((logged == null && !mustLog) || (known == null && (ofExpired || beforeSnapshotRead))) {
      // A snapshot lacks what had expired before it was read; the commit may be older.
      return;
    }
    assertArrayEquals(
        valueOf(known),
        logged,
        () -> message("previous value " + text(change.key()) + " " + change));
  }

  // Reports only the first difference: there may be thousands of entries.
  private void checkReplica(List<String> expected, List<String> found) {
    int same = 0;
    while (same < expected.size()
        && same < found.size()
        && expected.get(same).equals(found.get(same))) {
      same++;
    }
    int at = same;
    assertEquals(
        expected.subList(at, Math.min(at + 1, expected.size())),
        found.subList(at, Math.min(at + 1, found.size())),
        () -> message("feed, entry " + at));
  }

  private List<String> lines(VersionModel entries) {
    List<String> lines = new ArrayList<>();
    for (Found found : entries.range(KeyRange.all(), false, Long.MAX_VALUE, now())) {
      lines.add(text(found.key()) + "=" + Arrays.hashCode(found.entry().value()));
    }
    return lines;
  }

  private void openScan(int k) {
    KeyRange range = range();
    boolean reverse = random.nextBoolean();
    Cursor cursor = keyspace(k).scan(range, ScanOptions.DEFAULT.withReverse(reverse));
    scans.add(
        new OpenScan(
            cursor,
            new ArrayDeque<>(model.get(k).range(range, reverse, cursor.readVersion(), now()))));
  }

  private void endScans() {
    for (OpenScan scan : scans) {
      walk(scan.cursor(), scan.expected().iterator());
      scan.cursor().close();
    }
    scans.clear();
  }

  private void compare(int k, KeyRange range, boolean reverse) {
    ScanOptions options = ScanOptions.DEFAULT.withReverse(reverse);
    try (Cursor cursor = keyspace(k).scan(range, options)) {
      walk(cursor, model.get(k).range(range, reverse, Long.MAX_VALUE, now()).iterator());
    }
  }

  private void walk(Cursor cursor, java.util.Iterator<Found> expected) {
    while (expected.hasNext()) {
      Found next = expected.next();
      assertTrue(cursor.next(), () -> message("missing " + text(next.key())));
      assertEquals(text(next.key()), text(cursor.key()), () -> message("a scan"));
      assertArrayEquals(next.entry().value(), cursor.value(), () -> message(text(next.key())));
      assertEquals(next.version(), cursor.version(), () -> message(text(next.key())));
      assertEquals(next.entry().expiryMs(), cursor.expiresMs(), () -> message(text(next.key())));
    }
    assertFalse(cursor.next(), () -> message("too much"));
  }

  private void check(@Nullable Found expected, @Nullable VersionedValue found) {
    if (expected == null) {
      assertNull(found, () -> message("there"));
      return;
    }
    assertNotNull(found, () -> message("missing " + text(expected.key())));
    assertArrayEquals(expected.entry().value(), found.value(), () -> message("value"));
    assertEquals(expected.version(), found.version(), () -> message("version"));
    assertEquals(expected.entry().expiryMs(), found.expiresMs(), () -> message("expiry"));
  }

  private static byte @Nullable [] valueOf(@Nullable Found found) {
    return found == null ? null : found.entry().value();
  }

  private String message(String what) {
    return "seed " + seed + ", encrypted " + encrypted + ": " + what;
  }

  private static String text(byte @Nullable [] bytes) {
    return new String(Objects.requireNonNull(bytes), UTF_8);
  }

  private KeyRange range() {
    return switch (random.nextInt(5)) {
      case 0 -> KeyRange.all();
      case 1 -> KeyRange.from(key());
      case 2 -> KeyRange.below(key());
      case 3 -> KeyRange.prefix(Arrays.copyOf(key(), 2));
      default -> KeyRange.between(key(), key());
    };
  }

  // Keys of many lengths that often agree in their first eight bytes, and some hot ones.
  private byte[] key() {
    int number = random.nextInt(10) == 0 ? random.nextInt(5) : random.nextInt(1_500);
    return switch (number % 3) {
      case 0 -> ("k" + number).getBytes(UTF_8);
      case 1 -> ("prefix--" + number).getBytes(UTF_8);
      default -> ("prefix--" + "x".repeat(number % 50) + number).getBytes(UTF_8);
    };
  }

  private byte[] value() {
    int length = random.nextInt(200) == 0 ? random.nextInt(20_000) : random.nextInt(120);
    byte[] value = new byte[length];
    if (random.nextBoolean()) {
      random.nextBytes(value);
    }
    return value;
  }
}
