package io.apexstore;

import io.apexstore.engine.base.Batch;
import io.apexstore.engine.base.BatchReader;
import io.apexstore.engine.base.Limits;
import io.apexstore.engine.base.ValueKind;
import io.apexstore.engine.commit.Conditions;
import io.apexstore.error.ApexException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The merges of a batch that no later operation of it replaced. For each key they come after all
 * other operations of the batch.
 *
 * <p>If earlier operations determine the key's value, merges are folded at once and become a put or
 * a deletion when the batch is sealed. Otherwise they are kept until the batch is written, and
 * folded in the order in which they were added, onto the value in the store.
 *
 * <p><b>Threads:</b> one at a time, as the batch.
 */
final class Merges {
  private static final Outcome DELETED = new Outcome(null, Limits.NEVER_EXPIRES);

  private final ApexStore store;
  private final Batch batch;
  // The range deletes of the batch, in order.
  private final List<RangeDelete> rangeDeletes = new ArrayList<>();
  private final Map<Integer, NavigableMap<byte[], OfKey>> keys = new HashMap<>();
  // How many keys are merged with the value in the store.
  private int deferred;
  private int count;
  private long bytes;

  /**
   * The result of folding merges.
   *
   * @param value the new value; null: none
   * @param expiryMs when it expires, in ms since the epoch; 0: never
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Outcome(byte @Nullable [] value, long expiryMs) {}

  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Step(byte[] operand, MergeOperator operator) {}

  private record RangeDelete(int keyspaceId, KeyRange range, int start) {}

  /** The merges of one key. */
  private static final class OfKey {
    private final Keyspace keyspace;
    private final byte[] key;
    // The result, if the batch determines the key's value.
    private @Nullable Outcome folded;
    // Otherwise the steps, and their result for one version of the key's value.
    private final List<Step> steps = new ArrayList<>();
    private long evaluatedVersion;
    private @Nullable Outcome evaluated;

    OfKey(Keyspace keyspace, byte[] key) {
      this.keyspace = keyspace;
      this.key = key;
    }
  }

  Merges(ApexStore store, Batch batch) {
    this.store = store;
    this.batch = batch;
    BatchReader operation = batch.reader();
    while (operation.next()) {
      if (operation.isRangeDelete()) {
        byte[] from = operation.key();
        KeyRange range = KeyRange.of(from.length == 0 ? null : from, operation.rangeEnd());
        rangeDeletes.add(new RangeDelete(operation.keyspaceId(), range, operation.start()));
      }
    }
  }

  /** Adds a merge; if the operator throws, nothing is changed. */
  void add(Keyspace keyspace, byte[] key, byte[] operand, MergeOperator operator, int conditions) {
    int id = keyspace.idIn(store);
    NavigableMap<byte[], OfKey> known =
        keys.computeIfAbsent(id, any -> new TreeMap<>(Arrays::compareUnsigned));
    OfKey merged = known.get(key);
    boolean isNew = merged == null;
    if (merged == null) {
      merged = new OfKey(keyspace, key.clone());
      merged.folded = inBatch(id, key);
    }
    Outcome before = merged.folded;
    Step step = new Step(operand.clone(), operator);
    if (before != null) {
      byte[] value = before.value;
      Outcome own = value == null ? before : new Outcome(value.clone(), before.expiryMs);
      merged.folded = fold(merged, own, step);
    } else {
      if (isNew) {
        requireRoom(conditions);
        deferred++;
      }
      merged.steps.add(step);
    }
    known.put(merged.key, merged);
    count++;
    bytes += (long) key.length + operand.length;
  }

  // The result of the batch's other operations for a key; null: there are none.
  private @Nullable Outcome inBatch(int id, byte[] key) {
    BatchReader operation = batch.operationOn(id, key);
    int start = operation == null ? -1 : operation.start();
    for (RangeDelete deleted : rangeDeletes) {
      if (deleted.start > start && deleted.keyspaceId == id && deleted.range.contains(key)) {
        return DELETED;
      }
    }
    if (operation == null) {
      return null;
    }
    if (operation.kind() != ValueKind.PUT) {
      return DELETED;
    }
    int at = operation.valueOffset();
    byte[] value = Arrays.copyOfRange(operation.bytes(), at, at + operation.valueLength());
    return new Outcome(value, operation.expiryMs());
  }

  private Outcome fold(OfKey merged, Outcome before, Step step) {
    byte[] value = step.operator.merge(merged.key.clone(), before.value, step.operand.clone());
    if (value == null) {
      return DELETED;
    }
    Arguments.checkValue(value.length, store.options());
    return new Outcome(value, before.value == null ? Limits.NEVER_EXPIRES : before.expiryMs);
  }

  /** Fails if conditions and merges already name as many keys as a commit may check. */
  void requireRoom(int conditions) {
    if (conditions + deferred >= Conditions.KEYS_MAX) {
      throw new ApexException(
          ApexException.Code.INVALID_REQUEST,
          "more than " + Conditions.KEYS_MAX + " conditions on keys and merges in one commit",
          null);
    }
  }

  /** Notes another operation on a key, which replaces its merges. */
  void replace(int keyspaceId, byte[] key) {
    NavigableMap<byte[], OfKey> known = keys.get(keyspaceId);
    OfKey gone = known == null ? null : known.remove(key);
    deferred -= gone != null && gone.folded == null ? 1 : 0;
  }

  /** Notes a range delete, which was just added to the batch. */
  void deleteRange(int keyspaceId, KeyRange range) {
    rangeDeletes.add(new RangeDelete(keyspaceId, range, batch.length() - 1));
    NavigableMap<byte[], OfKey> known = keys.get(keyspaceId);
    if (known == null) {
      return;
    }
    byte[] from = range.from();
    Iterator<OfKey> above = (from == null ? known : known.tailMap(from, true)).values().iterator();
    while (above.hasNext()) {
      OfKey merged = above.next();
      if (!range.contains(merged.key)) {
        break;
      }
      deferred -= merged.folded == null ? 1 : 0;
      above.remove();
    }
  }

  /** Adds the folded results to the batch, which is about to be sealed. */
  void settle() {
    int operations = batch.operations();
    long userBytes = batch.userBytes();
    forEach(
        merged -> {
          Outcome outcome = merged.folded;
          if (outcome != null) {
            Failures.translate(() -> addTo(batch, merged, outcome));
          }
        });
    // These were counted when they were added.
    count -= batch.operations() - operations;
    bytes -= batch.userBytes() - userBytes;
  }

  /** Whether no merge needs the value in the store. */
  boolean needNothing() {
    return deferred == 0;
  }

  /**
   * Folds the merges onto the values that the store holds now.
   *
   * @param whole gets the resulting puts and deletions
   * @param conditions gets what must still hold when these are committed
   */
  void evaluate(Batch whole, Conditions conditions) {
    forEach(
        merged -> {
          if (merged.folded == null) {
            VersionedValue found = merged.keyspace.readForWrite(merged.key);
            Outcome outcome = evaluate(merged, found);
            Failures.translate(
                () -> {
                  int id = merged.keyspace.idIn(store);
                  conditions.builtFrom(id, merged.key, found == null ? 0 : found.version());
                  addTo(whole, merged, outcome);
                });
          }
        });
  }

  private Outcome evaluate(OfKey merged, @Nullable VersionedValue found) {
    long version = found == null ? 0 : found.version();
    Outcome known = merged.evaluated;
    if (known != null && version == merged.evaluatedVersion) {
      return known;
    }
    Outcome outcome = found == null ? DELETED : new Outcome(found.value(), found.expiresMs());
    for (Step step : merged.steps) {
      outcome = fold(merged, outcome, step);
    }
    merged.evaluated = outcome;
    merged.evaluatedVersion = version;
    return outcome;
  }

  private static void addTo(Batch target, OfKey merged, Outcome outcome) {
    merged.keyspace.addMerged(target, merged.key, outcome.value, outcome.expiryMs);
  }

  private void forEach(Consumer<OfKey> action) {
    keys.values().forEach(known -> known.values().forEach(action));
  }

  /** Returns the ids of the keyspaces that the whole batch writes. */
  int[] keyspaceIds() {
    IntStream.Builder ids = IntStream.builder();
    keys.keySet().forEach(ids::add);
    BatchReader operation = batch.reader();
    while (operation.next()) {
      ids.add(operation.keyspaceId());
    }
    return ids.build().distinct().toArray();
  }

  /** Returns the number of merges, minus that of the operations they became. */
  int count() {
    return count;
  }

  /** Returns the bytes of their keys and operands, minus those of the operations they became. */
  long bytes() {
    return bytes;
  }
}
