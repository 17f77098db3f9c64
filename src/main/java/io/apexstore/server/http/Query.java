package io.apexstore.server.http;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a request's query, as exact bytes. A query has at most 32 parameters, each at
 * most once. Parameters that the operation does not take are an error, because ignoring a condition
 * that was not understood could lose data.
 *
 * <p><b>Threads:</b> immutable.
 */
public final class Query {
  private static final int PARAMETERS_MAX = 32;

  /** The value of a parameter without an equals sign; recognized by its identity. */
  private static final byte[] NO_VALUE = {};

  private static final Query EMPTY = new Query();

  private final List<String> names = new ArrayList<>(4);
  private final List<byte[]> values = new ArrayList<>(4);

  private Query() {}

  /**
   * Parses the part of a request line after the question mark; null stands for none.
   *
   * @throws ProblemException {@code MALFORMED_REQUEST}
   */
  static Query parse(@Nullable String raw) {
    if (raw == null || raw.isEmpty()) {
      return EMPTY;
    }
    Query query = new Query();
    int from = 0;
    while (from <= raw.length()) {
      int end = raw.indexOf('&', from);
      end = end < 0 ? raw.length() : end;
      if (end > from) {
        query.add(raw, from, end);
      }
      from = end + 1;
    }
    return query;
  }

  private void add(String raw, int from, int end) {
    int equals = raw.indexOf('=', from, end);
    int nameEnd = equals < 0 ? end : equals;
    String name =
        new String(PercentCoding.decode(raw, from, nameEnd, true), StandardCharsets.ISO_8859_1);
    if (names.contains(name)) {
      throw malformed("the query parameter " + Quoted.of(name) + " is given twice");
    }
    if (names.size() == PARAMETERS_MAX) {
      throw malformed("the query has more than " + PARAMETERS_MAX + " parameters");
    }
    names.add(name);
    values.add(equals < 0 ? NO_VALUE : PercentCoding.decode(raw, equals + 1, end, true));
  }

  /** Whether the query has no parameters. */
  boolean isEmpty() {
    return names.isEmpty();
  }

  /** Whether the query has a parameter of this name. */
  public boolean has(String name) {
    return names.contains(name);
  }

  /**
   * Checks that the query has no parameters but these, and returns the query.
   *
   * @throws ProblemException {@code MALFORMED_REQUEST} if it has another one
   */
  Query allow(Set<String> allowed) {
    for (String name : names) {
      if (!allowed.contains(name)) {
        throw malformed("this operation has no query parameter " + Quoted.of(name));
      }
    }
    return this;
  }

  /** Returns a parameter's bytes, or null if the query does not have it. */
  public byte @Nullable [] bytes(String name) {
    int index = names.indexOf(name);
    return index < 0 ? null : values.get(index);
  }

  /** Returns a parameter's bytes as UTF-8 text, or null if the query does not have it. */
  public @Nullable String text(String name) {
    byte[] bytes = bytes(name);
    return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
  }

  /**
   * Returns a parameter that is {@code true}, {@code 1}, {@code false} or {@code 0}. Without an
   * equals sign it is true; false if the query does not have it.
   *
   * @throws ProblemException {@code MALFORMED_REQUEST} if it is anything else
   */
  @SuppressWarnings("ReferenceEquality") // NO_VALUE is recognized by its identity.
  public boolean flag(String name) {
    byte[] bytes = bytes(name);
    if (bytes == null) {
      return false;
    }
    String text = bytes == NO_VALUE ? "true" : new String(bytes, StandardCharsets.UTF_8);
    return switch (text) {
      case "true", "1" -> true;
      case "false", "0" -> false;
      default -> throw malformed(name + " must be true or false, not " + Quoted.of(text));
    };
  }

  /**
   * Returns a parameter that is a whole number from {@code min} to {@code max}.
   *
   * @throws ProblemException {@code MALFORMED_REQUEST} if it is anything else or missing
   */
  public long whole(String name, long min, long max) {
    String text = text(name);
    if (text != null && text.length() <= 20) {
      try {
        long number = Long.parseLong(text);
        if (number >= min && number <= max) {
          return number;
        }
      } catch (NumberFormatException e) {
        // Refused below.
      }
    }
    String range = " must be a whole number from " + min + " to " + max;
    throw malformed(name + range + (text == null ? "" : ", not " + Quoted.of(text)));
  }

  /**
   * Returns a parameter that is a count of at least 1, capped at {@code max}; {@code absent} if the
   * query does not have it.
   *
   * @throws ProblemException {@code MALFORMED_REQUEST} if it is anything else
   */
  public int count(String name, int absent, int max) {
    String text = text(name);
    if (text == null) {
      return absent;
    }
    boolean isNumber = text.length() <= 18 && text.chars().allMatch(c -> c >= '0' && c <= '9');
    long number = isNumber && !text.isEmpty() ? Long.parseLong(text) : 0;
    if (number < 1) {
      throw malformed(name + " must be a whole number of at least 1, not " + Quoted.of(text));
    }
    return (int) Math.min(number, max);
  }

  private static ProblemException malformed(String detail) {
    return Problem.of(Problem.Kind.MALFORMED_REQUEST, detail).exception();
  }
}
