package io.apexstore.engine.manifest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.options.CompactionStrategy;
import io.apexstore.options.KeyspaceOptions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the manifest holds of a keyspace's options. */
class KeyspaceOptionsTextTest {
  private static final KeyspaceOptions LEVELED =
      KeyspaceOptions.defaults().withCompaction(CompactionStrategy.LEVELED);

  @Test
  void optionsAreReadAsTheyWereWritten() {
    KeyspaceOptions fifo = LEVELED.withCompaction(CompactionStrategy.FIFO);
    for (KeyspaceOptions options :
        List.of(
            LEVELED,
            LEVELED.withCompaction(CompactionStrategy.TIERED),
            LEVELED
                .withCompaction(CompactionStrategy.LAZY_LEVELING)
                .withTtl(Duration.ofMillis(1))
                .withLogPreviousValues(true),
            fifo.withFifoBytesMax(5),
            fifo.withFifoBytesMax(1L << 50)
                .withFifoAgeMax(Duration.ofDays(1))
                .withTtl(Duration.ofMillis(7))
                .withLogPreviousValues(true))) {
      Map<String, String> text = KeyspaceOptionsText.of(options);
      assertEquals(options, KeyspaceOptionsText.parse("MANIFEST", "k", text));
    }
  }

  @Test
  void onlyOptionsThatDifferFromTheirDefaultAreWritten() {
    assertEquals(Map.of(), KeyspaceOptionsText.of(LEVELED));
    assertEquals(Map.of(), KeyspaceOptionsText.of(KeyspaceOptions.defaults()));
    assertEquals(
        Map.of("compaction", "fifo", "fifo_max_age", "2000"),
        KeyspaceOptionsText.of(
            LEVELED.withCompaction(CompactionStrategy.FIFO).withFifoAgeMax(Duration.ofSeconds(2))));
  }

  @Test
  void anOptionThatThisBuildDoesNotKnowIsRefused() {
    for (Map<String, String> text :
        List.of(
            Map.of("colour", "red"),
            Map.of("compaction", "fast"),
            Map.of("ttl", "an hour"),
            Map.of("dropped", "1"))) {
      EngineException e =
          assertThrows(
              EngineException.class, () -> KeyspaceOptionsText.parse("MANIFEST", "k", text));
      assertEquals(Failure.UNSUPPORTED_FORMAT, e.failure());
      assertEquals(
          "MANIFEST: keyspace k has the option "
              + text.entrySet().iterator().next()
              + ", which this build does not know",
          e.getMessage());
    }
  }
}
