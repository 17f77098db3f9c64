package io.apexstore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.StoreSeams;
import io.apexstore.engine.base.ThrowingLogHandler;
import io.apexstore.engine.io.FaultStorage;
import io.apexstore.engine.io.FaultStorage.Kind;
import io.apexstore.error.ApexException;
import io.apexstore.server.RunningServer.Answer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A log handler that throws keeps no client and no operator without an answer. */
@Tag("server")
class ThrowingLogHandlerServerTest {
  @RegisterExtension private final ThrowingLogHandler handler = new ThrowingLogHandler();
  @TempDir private Path folder;

  @Test
  void failedRequestsAreAnsweredAndTheServerStops() {
    AtomicReference<FaultStorage> storage = new AtomicReference<>();
    ApexServer.Settings plain = ApexServer.Settings.plain();
    RunningServer server =
        RunningServer.start(
            folder,
            new ApexServer.Settings(
                plain.vertx(),
                builder ->
                    StoreSeams.open(
                        builder,
                        files -> {
                          storage.set(new FaultStorage(files));
                          return Objects.requireNonNull(storage.get());
                        }),
                false));
    byte[] value = "x".repeat(1_000).getBytes(StandardCharsets.UTF_8);
    assertEquals(200, server.call("PUT", "/keys/a", "", value).status());
    FaultStorage faults = Objects.requireNonNull(storage.get());
    faults.before(
        Kind.CREATE,
        (kind, name) -> {
          throw new IOException("planted");
        });
    int before = handler.thrown();
    assertEquals("storage-failed", server.call("POST", "/admin/flush").problem());
    Answer refused = server.call("PUT", "/keys/b", "", value);
    assertEquals("storage-failed", refused.problem());
    assertTrue(handler.thrown() > before, "nothing was logged");
    assertEquals(200, server.call("GET", "/keys/a").status());
    assertThrows(ApexException.class, server::close);
  }
}
