package io.apexstore.bench.http;

import java.util.Iterator;
import java.util.List;
import java.util.Set;

/**
 * The options of {@link HttpBench}.
 *
 * @param rounds the number of rounds of each server
 * @param seconds the length of a round
 * @param connections the number of connections of wrk
 * @param only the measured requests, among {@code get}, {@code put} and {@code large}
 * @param atLeast the lowest ratio of GET to the bare server; 0: no limit
 */
public record HttpOptions(
    int rounds, int seconds, int connections, Set<String> only, double atLeast) {
  private static final HttpOptions DEFAULTS =
      new HttpOptions(5, 5, 64, Set.of("get", "put", "large"), 0);

  /**
   * Parses the arguments after the name of the command.
   *
   * @throws IllegalArgumentException if they are wrong; the message describes the error
   */
  public static HttpOptions parse(List<String> arguments) {
    HttpOptions options = DEFAULTS;
    Iterator<String> rest = arguments.iterator();
    while (rest.hasNext()) {
      String name = rest.next();
      if (!rest.hasNext()) {
        throw new IllegalArgumentException(name + " needs a value");
      }
      options = options.with(name, rest.next());
    }
    return options;
  }

  /** Returns these options with another number of connections. */
  HttpOptions withConnections(int number) {
    return new HttpOptions(rounds, seconds, number, only, atLeast);
  }

  private HttpOptions with(String name, String value) {
    return switch (name) {
      case "--rounds" ->
          new HttpOptions(Integer.parseInt(value), seconds, connections, only, atLeast);
      case "--seconds" ->
          new HttpOptions(rounds, Integer.parseInt(value), connections, only, atLeast);
      case "--connections" ->
          new HttpOptions(rounds, seconds, Integer.parseInt(value), only, atLeast);
      case "--only" ->
          new HttpOptions(rounds, seconds, connections, Set.of(value.split(",", -1)), atLeast);
      case "--at-least" ->
          new HttpOptions(rounds, seconds, connections, only, Double.parseDouble(value));
      default -> throw new IllegalArgumentException("unknown argument " + name);
    };
  }
}
