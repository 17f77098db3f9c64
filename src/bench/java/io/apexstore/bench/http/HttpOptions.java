package io.apexstore.bench.http;

import java.util.Iterator;
import java.util.List;
import java.util.Set;

/**
 * How the server is measured.
 *
 * @param rounds rounds of each server
 * @param seconds length of a round
 * @param connections connections that wrk holds open
 * @param only which of {@code get} and {@code put}
 * @param atLeast ratio to the bare server that reading must have; 0 for none
 */
public record HttpOptions(
    int rounds, int seconds, int connections, Set<String> only, double atLeast) {
  private static final HttpOptions DEFAULTS = new HttpOptions(5, 5, 64, Set.of("get", "put"), 0);

  /**
   * Reads the arguments behind the command's name.
   *
   * @throws IllegalArgumentException saying what is wrong
   */
  public static HttpOptions parse(List<String> arguments) {
    HttpOptions options = DEFAULTS;
    Iterator<String> rest = arguments.iterator();
    while (rest.hasNext()) {
      String name = rest.next();
      if (!rest.hasNext()) {
        throw new IllegalArgumentException(name + " wants a value");
      }
      options = options.with(name, rest.next());
    }
    return options;
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
