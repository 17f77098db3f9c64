package io.apexstore.engine.crash;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.crash.CrashHistory.Change;
import io.apexstore.engine.crash.StoreContent.Entry;
import io.apexstore.engine.keyspace.KeyspaceTree;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** Draws the changes of the commits of a run. */
final class CrashWorkload {
  private static final int KEYS = 80;

  /** Every key that a run may use. */
  static final List<String> ALL_KEYS =
      IntStream.range(0, KEYS).mapToObj(CrashWorkload::key).toList();

  private static final long DAY_MS = 86_400_000;

  private final SplittableRandom random;
  private final int percentExpiring;

  CrashWorkload(SplittableRandom random) {
    this.random = random;
    this.percentExpiring = random.nextInt(3) == 0 ? 0 : random.nextInt(5, 50);
  }

  /**
   * Draws the changes of a commit.
   *
   * <p>One of them puts a unique value that does not expire, in a keyspace that deletes nothing by
   * itself. So the presence of the commit can be seen.
   *
   * @param keyspaces the keyspaces to choose from
   * @param number the number of the commit
   */
  List<Change> changes(List<String> keyspaces, int number, long nowMs) {
    // The puts of a batch into a range that it deletes come after the range tombstone.
    List<Change> changes = new ArrayList<>();
    if (random.nextInt(25) == 0) {
      changes.add(rangeDelete(losingNothing(keyspaces)));
    }
    TreeMap<String, Change> ofKeys = new TreeMap<>();
    int count = random.nextInt(3) == 0 ? random.nextInt(2, 9) : 1;
    for (int i = 0; i < count; i++) {
      Change change = change(pick(keyspaces), key(), number, nowMs);
      ofKeys.put(change.keyspace() + "/" + change.key(), change);
    }
    if (ofKeys.values().stream().noneMatch(CrashWorkload::staysUntilOverwritten)) {
      String keyspace = losingNothing(keyspaces);
      String key = key();
      ofKeys.put(keyspace + "/" + key, new Change(keyspace, key, entry(number, 0), null));
    }
    changes.addAll(ofKeys.values());
    return changes;
  }

  private static boolean staysUntilOverwritten(Change change) {
    return change.entry() != null
        && change.entry().expiryMs() == 0
        && losesNothing(change.keyspace());
  }

  static boolean losesNothing(String keyspace) {
    return !keyspace.equals(StoreContent.FIRST_IN_FIRST_OUT);
  }

  private Change change(String keyspace, String key, int number, long nowMs) {
    if (random.nextInt(4) == 0 && losesNothing(keyspace)) {
      return new Change(keyspace, key, null, null);
    }
    long expiryMs = random.nextInt(100) < percentExpiring ? nowMs + ttlMs() : 0;
    return new Change(keyspace, key, entry(number, expiryMs), null);
  }

  private Entry entry(int number, long expiryMs) {
    return new Entry(CrashHistory.value(number, random, length()), expiryMs);
  }

  private Change rangeDelete(String keyspace) {
    String from = key();
    String other = random.nextInt(3) == 0 ? from : key();
    String to = other.equals(from) ? from + "\0" : other;
    boolean rising = from.compareTo(to) < 0;
    return new Change(keyspace, rising ? from : to, null, rising ? to : from);
  }

  /** Draws a lifetime: most end during the run or soon afterwards, some never within it. */
  private long ttlMs() {
    return switch (random.nextInt(10)) {
      case 0, 1, 2, 3 -> random.nextInt(1, 40);
      case 4, 5, 6 -> random.nextInt(100, 2_000);
      case 7, 8 -> random.nextInt(3_000, 5_000_000);
      default -> 30 * DAY_MS;
    };
  }

  private int length() {
    return switch (random.nextInt(100)) {
      case 0 -> random.nextInt(20_000, 40_000);
      case 1, 2, 3 -> random.nextInt(2_000, 8_000);
      default -> random.nextInt(8, 600);
    };
  }

  String losingNothing(List<String> keyspaces) {
    return pick(keyspaces.stream().filter(CrashWorkload::losesNothing).toList());
  }

  private String pick(List<String> keyspaces) {
    return keyspaces.get(random.nextInt(keyspaces.size()));
  }

  String key() {
    return ALL_KEYS.get(random.nextInt(KEYS));
  }

  private static String key(int n) {
    return "key-" + n + (n % 7 == 0 ? "\u00ff\u0000".repeat(n) : "");
  }

  /** Encodes changes as a batch. */
  static Batch encode(SimulatedProcess process, List<Change> changes) {
    Batch batch = new Batch(64);
    for (Change change : changes) {
      KeyspaceTree tree = process.engine.keyspace(change.keyspace());
      byte[] key = bytes(change.key());
      Entry entry = change.entry();
      String to = change.to();
      if (to != null) {
        batch.deleteRange(tree.id(), key, bytes(to));
      } else if (entry == null) {
        batch.delete(tree.id(), key);
      } else if (entry.expiryMs() == 0) {
        batch.put(tree.id(), key, 0, MemorySegment.ofArray(entry.value()));
      } else {
        MemorySegment value = MemorySegment.ofArray(entry.value());
        process.engine.putExpiring(batch, tree, key, entry.expiryMs(), value);
      }
    }
    batch.seal();
    return batch;
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
