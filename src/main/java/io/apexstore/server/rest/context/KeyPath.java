package io.apexstore.server.rest.context;

import io.apexstore.Keyspace;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.rest.body.EntryReader;
import java.nio.charset.StandardCharsets;

/** Where in the paths keys stand: right below, or below a named keyspace. */
public sealed interface KeyPath {
  /** Returns the path of all keys. */
  String base();

  /** Returns the keyspace that a request means. */
  Keyspace keyspace(Exchange exchange);

  /** Returns the key that a request's path names. */
  byte[] key(Exchange exchange);

  /** {@code /keys}: the keyspace {@code default}. */
  record Standard(KeyspaceLookup keyspaces) implements KeyPath {
    @Override
    public String base() {
      return "/keys";
    }

    @Override
    public Keyspace keyspace(Exchange exchange) {
      return keyspaces.standard();
    }

    @Override
    public byte[] key(Exchange exchange) {
      return checked(exchange.pathSegment(1));
    }
  }

  /** {@code /keyspaces/{name}/keys}. */
  record Named(KeyspaceLookup keyspaces) implements KeyPath {
    @Override
    public String base() {
      return "/keyspaces/{name}/keys";
    }

    @Override
    public Keyspace keyspace(Exchange exchange) {
      return keyspaces.existing(new String(exchange.pathSegment(1), StandardCharsets.UTF_8));
    }

    @Override
    public byte[] key(Exchange exchange) {
      return checked(exchange.pathSegment(3));
    }
  }

  private static byte[] checked(byte[] key) {
    EntryReader.checkKey(key);
    return key;
  }
}
