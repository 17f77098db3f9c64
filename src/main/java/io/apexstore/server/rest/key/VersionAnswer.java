package io.apexstore.server.rest.key;

import io.apexstore.ApexStore;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.server.rest.context.Preconditions;
import io.vertx.core.http.HttpHeaders;

/** The answer to a write: the version of its commit, as JSON and as entity tag. */
final class VersionAnswer {
  private VersionAnswer() {}

  static void send(ApexStore store, Exchange exchange, int status, long version) {
    exchange.header(HttpHeaders.ETAG, Preconditions.entityTag(store, version));
    exchange.sendJson(
        status, new JsonOutput(32).beginObject().name("version").number(version).endObject());
  }
}
