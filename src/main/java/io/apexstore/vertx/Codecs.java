package io.apexstore.vertx;

import io.vertx.core.Vertx;

/** The codecs of this package's messages. */
final class Codecs {
  static final String GROUP = "apexstore.write-group";
  static final String OUTCOME = "apexstore.write-group-outcome";

  private Codecs() {}

  /** Registers them, once for each Vert.x. */
  static void register(Vertx vertx) {
    vertx.eventBus().registerCodec(new SameObjectCodec<WriteGroup>(GROUP));
    vertx.eventBus().registerCodec(new SameObjectCodec<WriteGroupOutcome>(OUTCOME));
  }
}
