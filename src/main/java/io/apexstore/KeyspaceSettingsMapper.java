package io.apexstore;

import io.apexstore.engine.keyspace.KeyspaceSettings;
import io.apexstore.options.CompactionStrategy;
import io.apexstore.options.KeyspaceOptions;
import java.time.Duration;

/** Turns the options of keyspaces into the engine's settings, and back. */
final class KeyspaceSettingsMapper {
  private KeyspaceSettingsMapper() {}

  /** Returns the settings that a keyspace of certain settings has with other options. */
  static KeyspaceSettings of(KeyspaceOptions options, KeyspaceSettings before) {
    CompactionStrategy compaction = options.compaction();
    return new KeyspaceSettings(
        compaction == null ? before.compaction() : compaction,
        options.fifoBytesMax(),
        options.fifoAgeMax().toMillis(),
        options.ttl().toMillis(),
        options.logPreviousValues());
  }

  static KeyspaceOptions of(KeyspaceSettings settings) {
    return new KeyspaceOptions(
        settings.compaction(),
        settings.fifoBytesMax(),
        Duration.ofMillis(settings.fifoAgeMs()),
        Duration.ofMillis(settings.ttlMs()),
        settings.logsPrevious());
  }
}
