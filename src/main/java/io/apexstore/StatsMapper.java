package io.apexstore;

import io.apexstore.engine.LsmEngine;

/** Turns the engine's figures into the API's. */
@SuppressWarnings("DoNotCallSuggester")
final class StatsMapper {
  private StatsMapper() {}

  static StoreStats of(LsmEngine engine) {
    throw new IllegalStateException("outline " + engine.keyspaceNames());
  }
}
