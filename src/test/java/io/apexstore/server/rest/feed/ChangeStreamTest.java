package io.apexstore.server.rest.feed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.ApexStore;
import io.apexstore.server.http.AnswerBudget;
import io.apexstore.server.http.Problem;
import io.apexstore.server.http.ProblemException;
import io.apexstore.server.rest.body.BudgetedOutput;
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

  private static String text(ChangeStream.Piece piece) {
    return piece.body().bytes().toString();
  }

  private static int count(ChangeStream.Piece piece, String type) {
    return text(piece).split("\"type\":\"" + type + "\"", -1).length - 1;
  }

  @Test
  void aPieceEndsAfterMuchWasReadAndNothingWritten() {
    try (ApexStore store = ApexStore.open(folder)) {
      for (int i = 0; i < 20; i++) {
        store.put(bytes("k" + i), new byte[1 << 20]);
      }
      ChangeStream stream = stream(store, "none", new AnswerBudget(0));
      int pieces = 0;
      boolean end = false;
      while (!end) {
        ChangeStream.Piece piece = stream.next();
        assertEquals(pieces == 0 ? 1 : 0, count(piece, "heartbeat"));
        assertEquals(piece.end() ? 0 : 1, count(piece, "bookmark"));
        end = piece.end();
        pieces++;
      }
      assertTrue(pieces >= 4, pieces + " pieces");
      stream.close();
    }
  }

  @Test
  void aChangeForWhichThereIsNoMemoryEndsTheStreamAndIsInTheNextOne() {
    AnswerBudget budget = new AnswerBudget(1 << 20);
    byte[] large = new byte[300_000];
    new Random(5).nextBytes(large);
    try (ApexStore store = ApexStore.open(folder)) {
      store.put(bytes("a"), bytes("1"));
      store.put(bytes("b"), large);
      store.put(bytes("c"), bytes("3"));
      ChangeStream stream = stream(store, "", budget);
      assertTrue(budget.tryReserve(900_000));
      ChangeStream.Piece first = stream.next();
      assertEquals(1, count(first, "put"));
      assertEquals(0, first.body().reservedBytes());
      assertFalse(first.end());
      ProblemException refused = assertThrows(ProblemException.class, stream::next);
      assertEquals(Problem.Kind.OVERLOADED, refused.problem().kind());
      budget.release(900_000);
      assertThrows(ProblemException.class, stream::next);
      stream.close();
      String text = text(first);
      int token = text.lastIndexOf("\"token\":\"") + "\"token\":\"".length();
      stream = stream(store, text.substring(token, text.indexOf('"', token)), "", budget);
      ChangeStream.Piece second = stream.next();
      assertEquals(1, count(second, "put"));
      assertTrue(
          second.body().bytes().length()
              <= second.body().reservedBytes() + BudgetedOutput.FREE_BYTES);
      assertTrue(
          second.body().bytes().length() + 1_000
              > second.body().reservedBytes() + BudgetedOutput.FREE_BYTES);
      assertEquals(second.body().reservedBytes(), budget.reservedBytes());
      second.body().release();
      ChangeStream.Piece third = stream.next();
      assertEquals(1, count(third, "put"));
      assertTrue(text(third).contains("\"key\":\"c\""));
      assertTrue(third.end());
      stream.close();
      assertEquals(0, budget.reservedBytes());
    }
  }

  @Test
  void aChangeLargerThanTheBudgetIsWrittenWhileNothingElseIsReserved() {
    AnswerBudget budget = new AnswerBudget(200_000);
    try (ApexStore store = ApexStore.open(folder)) {
      store.put(bytes("a"), new byte[1 << 20]);
      ChangeStream stream = stream(store, "", budget);
      ChangeStream.Piece piece = stream.next();
      assertEquals(200_000, piece.body().reservedBytes());
      assertTrue(piece.body().bytes().length() > 6 << 20);
      ChangeStream other = stream(store, "", budget);
      assertThrows(ProblemException.class, other::next);
      other.close();
      budget.release(1);
      ChangeStream third = stream(store, "", budget);
      assertThrows(ProblemException.class, third::next);
      third.close();
      budget.release(piece.body().reservedBytes() - 1);
      stream.close();
      assertEquals(0, budget.reservedBytes());
    }
  }
}
