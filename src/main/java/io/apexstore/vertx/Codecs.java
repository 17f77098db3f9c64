package io.apexstore.vertx;

import io.vertx.core.Vertx;

/** The event-bus codecs for the messages of this package. */
final class Codecs {
  static final String GROUP = "apexstore.write-group";
  static final String OUTCOME = "apexstore.write-group-outcome";

  private Codecs() {}

  /** Registers the codecs; must be called once for each Vert.x instance. */
  static void register(Vertx vertx) {
    vertx.eventBus().registerCodec(new SameObjectCodec<WriteGroup>(GROUP));
    vertx.eventBus().registerCodec(new SameObjectCodec<WriteGroupOutcome>(OUTCOME));
  }
}
