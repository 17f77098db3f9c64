package io.apexstore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.error.ApexException;
import io.apexstore.error.Causes;
import io.apexstore.options.KeyspaceOptions;
import io.apexstore.options.StoreOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@link StoreOptions#batchBytesMax} holds for every kind of write. */
class WriteLimitTest {
  private static final int BYTES_MAX = 64 << 10;
  private static final byte[] KEY = "k".getBytes(UTF_8);
  private static final byte[] OTHER = "o".getBytes(UTF_8);
  private static final Duration HOUR = Duration.ofHours(1);

  @TempDir private Path directory;
  private ApexStore store;
  private Keyspace keys;

  @BeforeEach
  void open() {
    StoreOptions options = StoreOptions.defaults().withBatchBytesMax(BYTES_MAX);
    store = ApexStore.open(directory, options);
    keys = store.keyspace(ApexStore.DEFAULT_KEYSPACE);
  }

  @AfterEach
  void close() {
    store.close();
  }

  private static byte[] bytes(int count, char of) {
    byte[] bytes = new byte[count];
    Arrays.fill(bytes, (byte) of);
    return bytes;
  }

  private static byte[] whole() {
    return bytes(BYTES_MAX, 'w');
  }

  private static byte[] half(char of) {
    return bytes(BYTES_MAX / 2, of);
  }

  private static void await(CompletionStage<?> stage) {
    try {
      stage.toCompletableFuture().join();
    } catch (CompletionException e) {
      throw Causes.unwrap(e) instanceof ApexException cause ? cause : e;
    }
  }

  /** A write of at least one byte more than the limit. */
  @SuppressWarnings("ImmutableEnumChecker") // a constant is only a name for a lambda
  enum TooLarge {
    PUT(test -> test.store.put(KEY, whole())),
    PUT_ASYNC(test -> await(test.store.putAsync(KEY, whole()))),
    EXPIRING_PUT(test -> test.keys.put(KEY, whole(), HOUR)),
    PUT_WITH_PREVIOUS_VALUE(test -> test.logging().put(KEY, whole())),
    PUT_WITH_PREVIOUS_VALUE_ASYNC(test -> await(test.logging().putAsync(KEY, whole()))),
    PUT_IF_ABSENT(test -> test.keys.putIfAbsent(KEY, whole())),
    COMPARE_AND_SET(test -> test.keys.compareAndSet(OTHER, test.store.put(OTHER, KEY), whole())),
    UPDATE(test -> test.keys.update(KEY, old -> whole())),
    INCREMENT(test -> test.keys.increment(whole(), 1)),
    INCREMENT_ASYNC(test -> await(test.keys.incrementAsync(whole(), 1))),
    MERGE(test -> test.keys.merge(KEY, whole(), MergeOperators.append())),
    MERGE_ASYNC(test -> await(test.keys.mergeAsync(KEY, whole(), MergeOperators.append()))),
    MERGE_WHOSE_RESULT_IS_TOO_LARGE(
        test -> {
          test.store.put(OTHER, half('a'));
          test.keys.merge(OTHER, half('b'), MergeOperators.append());
        }),
    RANGE_DELETE(test -> test.keys.deleteRange(KeyRange.of(half('a'), bytes(40_000, 'b')))),
    RANGE_DELETE_ASYNC(
        test -> await(test.keys.deleteRangeAsync(KeyRange.of(half('a'), bytes(40_000, 'b'))))),
    BATCH(test -> test.store.write(test.batch())),
    BATCH_ASYNC(test -> await(test.store.writeAsync(test.batch()))),
    BATCH_SUBMITTED(test -> await(test.store.submit(test.batch(), null))),
    CONDITIONAL_BATCH(test -> test.store.write(test.batch().requireAbsent(KEY))),
    CONDITIONAL_BATCH_ASYNC(test -> await(test.store.writeAsync(test.batch().requireAbsent(KEY)))),
    CONDITIONAL_BATCH_SUBMITTED(
        test -> await(test.store.submit(test.batch().requireAbsent(KEY), null))),
    BATCH_OF_MERGES(
        test ->
            test.store.write(
                test.batch().merge("m".getBytes(UTF_8), KEY, MergeOperators.append()))),
    BATCH_OF_MERGES_SUBMITTED(
        test ->
            await(
                test.store.submit(
                    test.batch().merge("m".getBytes(UTF_8), KEY, MergeOperators.append()), null))),
    BATCH_OF_DELETES(
        test ->
            test.store.write(test.store.newBatch().delete(half('a')).delete(bytes(40_000, 'b')))),
    TRANSACTION(
        test ->
            test.store.transact(
                writes -> writes.put(half('a'), half('b')).put(OTHER, KEY).version()));

    private final Consumer<WriteLimitTest> write;

    TooLarge(Consumer<WriteLimitTest> write) {
      this.write = write;
    }
  }

  private Keyspace logging() {
    return store.keyspace("previous", KeyspaceOptions.defaults().withLogPreviousValues(true));
  }

  private WriteBatch batch() {
    return store.newBatch().put(KEY, half('a')).put("l".getBytes(UTF_8), half('b'));
  }

  @ParameterizedTest
  @EnumSource
  void aLargerWriteIsRefusedWithItsSizeAndTheLimit(TooLarge kind) {
    ApexException e = assertThrows(ApexException.class, () -> kind.write.accept(this));
    assertEquals(ApexException.Code.TOO_LARGE, e.code());
    String message = String.valueOf(e.getMessage());
    assertTrue(
        message.matches(
            "the write has \\d{5,6} bytes of keys and values, allowed are up to " + BYTES_MAX),
        message);
    try (Cursor cursor = keys.scan(KeyRange.all())) {
      while (cursor.next()) {
        assertArrayEquals(OTHER, cursor.key(), "only what was there before");
      }
    }
  }

  @Test
  void aWriteOfTheLimitIsStoredWithWhatTheStoreAdds() {
    byte[] value = bytes(BYTES_MAX - 1, 'v');
    store.put(KEY, value);
    keys.put(KEY, value, HOUR); // Its entry in the index of what expires does not count.
    Keyspace logging = logging();
    logging.put(KEY, value);
    logging.put(KEY, value); // Its previous value does not count.
    await(logging.putAsync(KEY, value));
    assertArrayEquals(value, logging.get(KEY));
    // Nor does what a later operation of the batch replaces.
    store.write(store.newBatch().put(KEY, value).put(KEY, OTHER).put(KEY, value));
    assertArrayEquals(value, store.get(KEY));
  }
}
