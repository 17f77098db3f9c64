package io.apexstore.siege;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The short form of {@code scripts/siege}; the properties {@code siege.…} make it longer. */
@Tag("process")
class SiegeTest {
  @TempDir private Path folder;

  @Test
  void aServerWithASmallHeapWithstandsAllAttacksAtOnce() throws Exception {
    assertEquals(List.of(), new Siege(SiegePlan.ofProperties(), folder).run());
  }
}
