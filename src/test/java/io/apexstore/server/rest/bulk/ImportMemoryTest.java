package io.apexstore.server.rest.bulk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.server.RunningServer;
import io.apexstore.server.http.BodyBudget;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an import holds is counted before it exists. */
@Tag("server")
class ImportMemoryTest {
  private static final String LINES = "application/x-ndjson";

  @TempDir private Path folder;

  @Test
  void anImportThatFindsNoRoomIsRefusedAndWhatOneHeldIsReleased() {
    try (RunningServer server = RunningServer.start(folder)) {
      BodyBudget bodies = server.server().bodies();
      byte[] line = "{\"key\":\"a\",\"value\":\"1\"}\n".getBytes(StandardCharsets.UTF_8);
      long others = bodies.holderBytesMax() - (1 << 20);
      assertTrue(bodies.tryReserve(others, 0));
      RunningServer.Answer refused = server.call("POST", "/keys/import", LINES, line);
      assertEquals(503, refused.status());
      assertEquals("overloaded", refused.problem());
      bodies.release(others);
      byte[] longLine =
          ("{\"key\":\"b\",\"value\":\"" + "x".repeat(3 << 20) + "\"}\n")
              .getBytes(StandardCharsets.UTF_8);
      for (byte[] body : new byte[][] {line, longLine}) {
        assertTrue(server.call("POST", "/keys/import", LINES, body).text().contains("done"));
        awaitReleased(bodies);
      }
    }
  }

  /** Waits until nothing is reserved, which happens after the answer. */
  private static void awaitReleased(BodyBudget bodies) {
    for (int i = 0; i < 1_000 && bodies.reservedBytes() > 0; i++) {
      LockSupport.parkNanos(Duration.ofMillis(10).toNanos()); // there is no notification
    }
    assertEquals(0, bodies.reservedBytes());
  }
}
