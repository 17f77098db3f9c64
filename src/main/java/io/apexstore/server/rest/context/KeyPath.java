package io.apexstore.server.rest.context;

import io.apexstore.Keyspace;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.PercentCoding;
import io.apexstore.server.rest.body.EntryReader;
import java.nio.charset.StandardCharsets;

/**
 * How the paths of a group of routes name a keyspace and a key.
 *
 * <p><b>Threads:</b> any.
 */
public sealed interface KeyPath {
  /** Returns the path of all keys of the keyspace. */
  String base();

  /** Returns the path of all keys of the keyspace that a request names. */
  String of(Exchange exchange);

  /**
   * Returns the keyspace that a request names.
   *
   * @throws io.apexstore.server.http.ProblemException {@code KEYSPACE_NOT_FOUND}
   */
  Keyspace keyspace(Exchange exchange);

  /**
   * Returns the key that a request's path names.
   *
   * @throws io.apexstore.server.http.ProblemException {@code INVALID_KEY}
   */
  byte[] key(Exchange exchange);

  /** Paths below {@code /keys}: the keyspace {@code default}. */
  record OfDefault(KeyspaceLookup keyspaces) implements KeyPath {
    @Override
    public String base() {
      return "/keys";
    }

    @Override
    public String of(Exchange exchange) {
      return base();
    }

    @Override
    public Keyspace keyspace(Exchange exchange) {
      return keyspaces.defaultKeyspace();
    }

    @Override
    public byte[] key(Exchange exchange) {
      return EntryReader.checkKey(exchange.pathSegment(1));
    }
  }

  /** Paths below {@code /keyspaces/{name}/keys}. */
  record OfNamed(KeyspaceLookup keyspaces) implements KeyPath {
    @Override
    public String base() {
      return "/keyspaces/{name}/keys";
    }

    @Override
    public String of(Exchange exchange) {
      return base().replace("{name}", PercentCoding.encode(exchange.pathSegment(1)));
    }

    @Override
    public Keyspace keyspace(Exchange exchange) {
      return keyspaces.existing(new String(exchange.pathSegment(1), StandardCharsets.UTF_8));
    }

    @Override
    public byte[] key(Exchange exchange) {
      return EntryReader.checkKey(exchange.pathSegment(3));
    }
  }
}
