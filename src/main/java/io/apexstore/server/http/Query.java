package io.apexstore.server.http;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a request's query, as exact bytes. Each may be there once, and what nobody
 * asked for is an error: a condition that is not understood must not be ignored.
 */
public final class Query {
  private static final int PARAMETERS_MAX = 32;

  /** The value of a parameter without an equals sign. */
  private static final byte[] NO_VALUE = {};

  private final List<String> names = new ArrayList<>(4);
  private final List<byte[]> values = new ArrayList<>(4);

  private Query() {}

  /** Reads the part of a request line behind the question mark; null stands for none. */
  public static Query parse(@Nullable String raw) {
    Query query = new Query();
    if (raw == null || raw.isEmpty()) {
      return query;
    }
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
    if (names.contains(name) || names.size() == PARAMETERS_MAX) {
      throw malformed(
          "the query has the parameter " + Quoted.of(name) + " twice, or too many parameters");
    }
    names.add(name);
    values.add(equals < 0 ? NO_VALUE : PercentCoding.decode(raw, equals + 1, end, true));
  }

  /** Whether there are none. */
  public boolean isEmpty() {
    return names.isEmpty();
  }

  /** Whether one of that name is there. */
  public boolean has(String name) {
    return names.contains(name);
  }

  /** Checks that no parameters but these are there. */
  public Query allow(Set<String> allowed) {
    for (String name : names) {
      if (!allowed.contains(name)) {
        throw malformed(
            "the query has the parameter " + Quoted.of(name) + ", which is not known here");
      }
    }
    return this;
  }

  /** Returns a parameter's bytes, or null. */
  public byte @Nullable [] bytes(String name) {
    int index = names.indexOf(name);
    return index < 0 ? null : values.get(index);
  }

  /** Returns a parameter's text, or null. */
  public @Nullable String text(String name) {
    byte[] bytes = bytes(name);
    return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
  }

  /** Returns a parameter that is true or false; where it stands without a value it is true. */
  @SuppressWarnings("ReferenceEquality") // There is one that stands for no value.
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
   * Returns a parameter that is a whole number between two bounds.
   *
   * @throws ProblemException if it is anything else, or not there
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
        // Answered below.
      }
    }
    String range = " must be a whole number from " + min + " to " + max;
    throw malformed(name + range + (text == null ? "" : ", not " + Quoted.of(text)));
  }

  /** Returns a parameter that is a count of at least 1, or the value given; no more than max. */
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
