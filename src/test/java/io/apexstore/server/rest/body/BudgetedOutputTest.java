package io.apexstore.server.rest.body;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.VersionedValue;
import io.apexstore.server.http.AnswerBudget;
import io.apexstore.server.http.Problem;
import io.apexstore.server.http.ProblemException;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BudgetedOutputTest {
  private final AnswerBudget budget = new AnswerBudget(1 << 20);

  private static VersionedValue value(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return new VersionedValue(bytes, Long.MAX_VALUE, Long.MAX_VALUE);
  }

  @Test
  void aPieceOfManyShortEntriesIsFree() {
    BudgetedOutput out = new BudgetedOutput(new AnswerBudget(0));
    while (out.length() < 64 << 10) {
      assertTrue(EntryJson.tryWrite(out, new byte[] {'k'}, value(100)));
      out.json().endLine();
    }
    assertEquals(0, out.take().reservedBytes());
  }

  @Test
  void whatIsReservedCoversWhatIsWritten() {
    for (int length : new int[] {0, 1, 100, 5_000, 200_000}) {
      for (int count : new int[] {1, 2, 3}) {
        BudgetedOutput out = new BudgetedOutput(new AnswerBudget(Long.MAX_VALUE));
        for (int i = 0; i < count; i++) {
          assertTrue(EntryJson.tryWrite(out, new byte[60], value(length)));
          out.json().endLine();
        }
        int written = out.length();
        BudgetedBody body = out.take();
        assertTrue(written <= body.reservedBytes() + BudgetedOutput.FREE_BYTES, length + "");
        assertEquals(written, body.bytes().length());
      }
    }
  }

  @Test
  void anEntryWithoutRoomIsNotWritten() {
    assertTrue(budget.tryReserve(1 << 20));
    BudgetedOutput out = new BudgetedOutput(budget);
    assertTrue(EntryJson.tryWrite(out, new byte[1], value(100)));
    int length = out.length();
    assertFalse(EntryJson.tryWrite(out, new byte[1], value(300_000)));
    assertEquals(length, out.length());
    ProblemException refused = assertThrows(ProblemException.class, () -> out.reserve(300_000));
    assertEquals(Problem.Kind.OVERLOADED, refused.problem().kind());
    budget.release(1 << 20);
    assertTrue(EntryJson.tryWrite(out, new byte[1], value(300_000)));
    assertTrue(budget.reservedBytes() > 300_000);
    out.close();
    assertEquals(0, budget.reservedBytes());
  }

  @Test
  void aReservationIsReleasedOnce() {
    BudgetedOutput out = new BudgetedOutput(budget);
    out.reserve(500_000);
    BudgetedBody body = out.take();
    out.close();
    assertTrue(budget.reservedBytes() > 400_000);
    body.release();
    body.release();
    assertEquals(0, budget.reservedBytes());
  }

  @Test
  void anAnswerLargerThanTheBudgetIsBuiltWhileNothingElseIsReserved() {
    BudgetedOutput out = new BudgetedOutput(budget);
    out.reserve(5 << 20);
    assertEquals(1 << 20, budget.reservedBytes());
    assertThrows(ProblemException.class, () -> new BudgetedOutput(budget).reserve(100_000));
    out.take().release();
    assertEquals(0, budget.reservedBytes());
  }
}
