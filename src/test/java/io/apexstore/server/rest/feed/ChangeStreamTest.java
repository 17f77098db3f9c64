package io.apexstore.server.rest.feed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.ApexStore;
import io.apexstore.WriteBatch;
import io.apexstore.server.http.AnswerBudget;
import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.server.rest.body.PieceWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChangeStreamTest {
  @TempDir private Path folder;

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static ChangeStream stream(ApexStore store, String prefix, AnswerBudget budget) {
    return stream(store, "0", prefix, budget);
  }

  private static ChangeStream stream(
      ApexStore store, String since, String prefix, AnswerBudget budget) {
    ChangeRequest request =
        new ChangeRequest(
            ChangeRequest.Format.NDJSON, bytes(prefix), List.of(), since, false, 0, 1_000);
    return new ChangeStream(
        new FeedReader(store, request), budget, request.format(), Long.MAX_VALUE, () -> {});
  }

  private final JsonOutput out = new JsonOutput(100);

  private static int count(String text, String type) {
    return text.split("\"type\":\"" + type + "\"", -1).length - 1;
  }

  @Test
  void aPieceEndsAfterMuchWasReadAndNothingWritten() {
    try (ApexStore store = ApexStore.open(folder)) {
      for (int i = 0; i < 20; i++) {
        store.put(bytes("k" + i), new byte[1 << 20]);
      }
      ChangeStream stream = stream(store, "none", new AnswerBudget(0));
      int pieces = 0;
      ChangeStream.Next next = ChangeStream.Next.MORE;
      while (next == ChangeStream.Next.MORE) {
        next = stream.write(out);
        String piece = out.take().toString();
        assertEquals(pieces == 0 ? 1 : 0, count(piece, "heartbeat"));
        assertEquals(next == ChangeStream.Next.END ? 0 : 1, count(piece, "bookmark"));
        pieces++;
      }
      assertEquals(ChangeStream.Next.END, next);
      assertTrue(pieces >= 4, pieces + " pieces");
      stream.close();
    }
  }

  @Test
  void aChangeForWhichThereIsNoMemoryWaitsAndComesLater() {
    AnswerBudget budget = new AnswerBudget(1 << 20);
    byte[] large = new byte[300_000];
    new Random(5).nextBytes(large);
    try (ApexStore store = ApexStore.open(folder)) {
      store.put(bytes("a"), bytes("1"));
      store.put(bytes("b"), large);
      store.put(bytes("c"), bytes("3"));
      ChangeStream stream = stream(store, "", budget);
      assertTrue(budget.tryReserve(900_000));
      assertEquals(ChangeStream.Next.NO_MEMORY, stream.write(out));
      assertEquals(1, count(out.take().toString(), "put"));
      for (int i = 0; i < 3; i++) {
        assertEquals(ChangeStream.Next.NO_MEMORY, stream.write(out));
        assertEquals(0, out.length());
        assertEquals(900_000, budget.reservedBytes());
      }
      budget.release(900_000);
      String rest = readToEnd(stream, budget, 300_000);
      assertEquals(2, count(rest, "put"), "each change once");
      assertTrue(rest.contains("\"key\":\"c\""), "the change after it");
      stream.close();
      assertEquals(0, budget.reservedBytes());
    }
  }

  /** Reads to the end of the feed, a piece at a time, and pauses after each. */
  private String readToEnd(ChangeStream stream, AnswerBudget budget, long reservedMax) {
    StringBuilder text = new StringBuilder();
    ChangeStream.Next next = ChangeStream.Next.MORE;
    while (next == ChangeStream.Next.MORE) {
      next = stream.write(out);
      assertTrue(out.length() <= PieceWriter.PIECE_BYTES_MAX, out.length() + " bytes");
      assertTrue(budget.reservedBytes() <= reservedMax + 100, budget.reservedBytes() + " reserved");
      text.append(out.take());
      stream.pause();
    }
    assertEquals(ChangeStream.Next.END, next);
    return text.toString();
  }

  @Test
  void aFeedThatIsPausedAfterEachPieceGivesEachChangeOnce() {
    AnswerBudget budget = new AnswerBudget(1 << 20);
    try (ApexStore store = ApexStore.open(folder)) {
      WriteBatch batch = store.newBatch();
      Random random = new Random(7);
      for (int i = 0; i < 60; i++) {
        byte[] value = new byte[random.nextInt(8_000)];
        random.nextBytes(value);
        batch.put(store.keyspace("default"), bytes("batch" + i), value);
        store.put(bytes("one" + i), value);
      }
      store.put(bytes("long"), new byte[100_000]);
      store.write(batch);
      String text = readToEnd(stream(store, "", budget), budget, 100_000);
      assertEquals(121, count(text, "put"));
      for (int i = 0; i < 60; i++) {
        assertTrue(text.contains("\"key\":\"batch" + i + "\""), "batch" + i);
        assertTrue(text.contains("\"key\":\"one" + i + "\""), "one" + i);
      }
      ChangeRequest snapshot =
          new ChangeRequest(
              ChangeRequest.Format.NDJSON, bytes(""), List.of(), null, true, 0, 1_000);
      ChangeStream stream =
          new ChangeStream(
              new FeedReader(store, snapshot), budget, snapshot.format(), Long.MAX_VALUE, () -> {});
      assertEquals(121, count(readToEnd(stream, budget, 100_000), "snapshot"));
      stream.close();
    }
  }

  @Test
  void aSnapshotGoesOnBehindAnEntryForWhichThereWasNoMemory() {
    AnswerBudget budget = new AnswerBudget(1 << 20);
    try (ApexStore store = ApexStore.open(folder)) {
      store.put(bytes("a"), bytes("1"));
      store.put(bytes("b"), new byte[10_000]);
      store.put(bytes("c"), bytes("3"));
      ChangeRequest request =
          new ChangeRequest(
              ChangeRequest.Format.NDJSON, bytes(""), List.of(), null, true, 0, 1_000);
      ChangeStream stream =
          new ChangeStream(
              new FeedReader(store, request), budget, request.format(), Long.MAX_VALUE, () -> {});
      assertTrue(budget.tryReserve(1 << 20));
      assertEquals(ChangeStream.Next.NO_MEMORY, stream.write(out));
      assertEquals(1, count(out.take().toString(), "snapshot"));
      budget.release(1 << 20);
      String rest = readToEnd(stream, budget, 10_000);
      assertEquals(2, count(rest, "snapshot"));
      assertEquals(1, count(rest, "snapshot_end"));
      stream.close();
    }
  }

  @Test
  void aChangeLargerThanTheBudgetIsWrittenWhileNothingElseIsReserved() {
    AnswerBudget budget = new AnswerBudget(200_000);
    try (ApexStore store = ApexStore.open(folder)) {
      store.put(bytes("a"), new byte[1 << 20]);
      ChangeStream stream = stream(store, "", budget);
      assertEquals(ChangeStream.Next.MORE, stream.write(out));
      assertEquals(200_000, budget.reservedBytes());
      out.take();
      ChangeStream other = stream(store, "", budget);
      assertEquals(ChangeStream.Next.NO_MEMORY, other.write(out));
      other.close();
      stream.close();
      assertEquals(0, budget.reservedBytes());
    }
  }
}
