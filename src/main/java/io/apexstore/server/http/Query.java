package io.apexstore.server.http;

import io.apexstore.server.http.json.JsonInput;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a request, as exact bytes: those of its query or, where they may be too long
 * for a query, the members of its JSON body. A query has at most 32 parameters, each at most once.
 * Parameters that the operation does not take, and empty ones, are an error, because ignoring a
 * bound or a condition that was not understood could lose data.
 *
 * <p><b>Threads:</b> immutable.
 */
public final class Query {
  private static final int PARAMETERS_MAX = 32;

  /** The parameters that are bytes; in JSON they may also be given as {@code …_base64}. */
  private static final Set<String> BYTES = Set.of("prefix", "from", "to");

  private static final String BASE64 = "_base64";

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

  /**
   * Parses a JSON object whose members are parameters: strings, numbers and booleans.
   *
   * @param allowed the parameters that the operation takes
   * @throws ProblemException {@code MALFORMED_REQUEST}
   * @throws io.apexstore.server.http.json.JsonException if the body is no such object
   */
  public static Query parseJson(byte[] body, Set<String> allowed) {
    Query query = new Query();
    JsonInput.read(
        body, 0, body.length, input -> input.object("", member -> query.add(member, input)));
    return query.allow(allowed);
  }

  private void add(String member, JsonInput input) {
    String stem =
        member.endsWith(BASE64) ? member.substring(0, member.length() - BASE64.length()) : member;
    boolean base64 = stem.length() < member.length() && BYTES.contains(stem);
    String name = base64 ? stem : member;
    requireNew(name);
    names.add(name);
    values.add(base64 ? input.base64(member) : input.scalar(member));
  }

  private void requireNew(String name) {
    if (names.contains(name)) {
      throw malformed("the parameter " + Quoted.of(name) + " is given twice");
    }
    if (names.size() == PARAMETERS_MAX) {
      throw malformed("there are more than " + PARAMETERS_MAX + " parameters");
    }
  }

  private void add(String raw, int from, int end) {
    int equals = raw.indexOf('=', from, end);
    int nameEnd = equals < 0 ? end : equals;
    String name =
        new String(PercentCoding.decode(raw, from, nameEnd, true), StandardCharsets.ISO_8859_1);
    requireNew(name);
    names.add(name);
    values.add(equals < 0 ? NO_VALUE : PercentCoding.decode(raw, equals + 1, end, true));
  }

  /** Whether there are no parameters. */
  public boolean isEmpty() {
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
        throw malformed("this operation has no parameter " + Quoted.of(name));
      }
    }
    return this;
  }

  private byte @Nullable [] find(String name) {
    int index = names.indexOf(name);
    return index < 0 ? null : values.get(index);
  }

  /**
   * Returns a parameter's bytes, or null if the query does not have it.
   *
   * @throws ProblemException {@code MALFORMED_REQUEST} if it is empty: a client that sends an empty
   *     bound or cursor most likely lost its value
   */
  public byte @Nullable [] bytes(String name) {
    byte[] found = find(name);
    if (found != null && found.length == 0) {
      throw malformed(name + " must not be empty; leave out a parameter that is not needed");
    }
    return found;
  }

  /**
   * Returns a parameter's bytes as UTF-8 text, or null if the query does not have it.
   *
   * @throws ProblemException {@code MALFORMED_REQUEST} if it is empty
   */
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
    byte[] bytes = find(name);
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
