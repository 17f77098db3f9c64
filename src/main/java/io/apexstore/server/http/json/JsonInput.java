package io.apexstore.server.http.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A strict reader of JSON, from start to end. It rejects duplicate members, nesting deeper than 16,
 * numbers longer than 100 characters, names longer than 256, unpaired surrogates, and content after
 * the value.
 *
 * <p>The caller reads the values in the order in which they occur. The parameter {@code what} of a
 * method names the value in errors; an empty name means the body.
 *
 * <p><b>Threads:</b> confined to one. <b>Errors:</b> every method throws {@link JsonException}.
 */
public final class JsonInput {
  private static final int NESTING_MAX = 16;
  private static final int NUMBER_CHARS_MAX = 100;
  private static final int NAME_CHARS_MAX = 256;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CHARSET_DETECTION) // always UTF-8
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(NESTING_MAX)
                  .maxNumberLength(NUMBER_CHARS_MAX)
                  .maxNameLength(NAME_CHARS_MAX)
                  .maxStringLength(Integer.MAX_VALUE) // limited by the length of the body
                  .build())
          .build();

  private final JsonParser parser;

  /** Whether the parser is at the first token of the next value already. */
  private boolean peeked;

  private JsonInput(JsonParser parser) {
    this.parser = parser;
  }

  /** Reads one value with the given function, and checks that nothing follows it. */
  public static void read(byte[] bytes, int offset, int length, Consumer<JsonInput> use) {
    if (!Utf8.isValid(bytes, offset, offset + length)) {
      // Jackson accepts some malformed sequences.
      throw new JsonException("the bytes are not well-formed UTF-8");
    }
    try (JsonParser parser = FACTORY.createParser(bytes, offset, length)) {
      JsonInput input = new JsonInput(parser);
      use.accept(input);
      if (parser.nextToken() != null) {
        throw new JsonException("unexpected content after the JSON value");
      }
    } catch (JsonProcessingException e) {
      throw malformed(e);
    } catch (IOException e) {
      throw new JsonException("not well-formed JSON");
    }
  }

  /** Names the place and the kind of an error; the words of the parser are for programmers. */
  private static JsonException malformed(JsonProcessingException e) {
    String where = where(e.getLocation());
    return switch (e) {
      case JsonEOFException end -> new JsonException("the JSON ends too early" + where);
      case StreamConstraintsException limit ->
          new JsonException(
              "the JSON is beyond a limit%s: values nest at most %d deep, a number has at most %d characters, a name at most %d"
                  .formatted(where, NESTING_MAX, NUMBER_CHARS_MAX, NAME_CHARS_MAX));
      default -> new JsonException("not well-formed JSON" + where);
    };
  }

  private static String where(@Nullable JsonLocation location) {
    return location == null
        ? ""
        : " at line " + location.getLineNr() + ", column " + location.getColumnNr();
  }

  /** Reads an object. The function is called with the name of each member and reads its value. */
  public void object(String what, Consumer<String> member) {
    expect(JsonToken.START_OBJECT, what, "an object");
    List<String> names = new ArrayList<>();
    while (next() == JsonToken.FIELD_NAME) {
      String name = name();
      // Objects have few members, because the functions refuse those that they do not know.
      if (names.contains(name)) {
        throw new JsonException("a member occurs twice" + where(parser.currentTokenLocation()));
      }
      names.add(name);
      member.accept(name);
    }
  }

  /** Reads an array. The function is called for each element and reads it. */
  public void array(String what, Runnable element) {
    expect(JsonToken.START_ARRAY, what, "an array");
    while (next() != JsonToken.END_ARRAY) {
      peeked = true;
      element.run();
    }
  }

  /** Reads a string and returns its text in UTF-8. */
  public byte[] utf8(String what) {
    try {
      return Utf8.encode(text(what));
    } catch (IllegalArgumentException e) {
      throw new JsonException(what + " has an unpaired surrogate, which has no encoding in UTF-8");
    }
  }

  /** Reads a string in Base64 and returns its bytes. */
  public byte[] base64(String what) {
    try {
      return Base64.getDecoder().decode(text(what));
    } catch (IllegalArgumentException e) {
      throw new JsonException(what + " is not Base64");
    }
  }

  /** Reads a string. */
  public String text(String what) {
    expect(JsonToken.VALUE_STRING, what, "a string");
    try {
      return parser.getText();
    } catch (JsonProcessingException e) {
      throw malformed(e);
    } catch (IOException e) {
      throw new JsonException("not well-formed JSON");
    }
  }

  /** Reads a whole number. */
  public long whole(String what) {
    expect(JsonToken.VALUE_NUMBER_INT, what, "a whole number");
    try {
      return parser.getLongValue();
    } catch (IOException e) {
      throw new JsonException(what + " is too large");
    }
  }

  /** Reads a string, a whole number or a boolean, and returns its text in UTF-8. */
  public byte[] scalar(String what) {
    if (isString()) {
      return utf8(what);
    }
    return switch (parser.currentToken()) {
      case VALUE_NUMBER_INT -> Utf8.encode(Long.toString(whole(what)));
      case VALUE_TRUE, VALUE_FALSE -> Utf8.encode(Boolean.toString(bool(what)));
      default -> throw new JsonException(what + " must be a string, a whole number or a boolean");
    };
  }

  /** Reads true or false. */
  public boolean bool(String what) {
    JsonToken found = peeked ? parser.currentToken() : next();
    peeked = false;
    if (found != JsonToken.VALUE_TRUE && found != JsonToken.VALUE_FALSE) {
      throw new JsonException(what + " must be true or false");
    }
    return found == JsonToken.VALUE_TRUE;
  }

  /** Returns whether the next value is a string, without reading it. */
  public boolean isString() {
    if (!peeked) {
      next();
      peeked = true;
    }
    return parser.currentToken() == JsonToken.VALUE_STRING;
  }

  private void expect(JsonToken token, String what, String kind) {
    JsonToken found = peeked ? parser.currentToken() : next();
    peeked = false;
    if (found != token) {
      throw new JsonException(
          found == null && what.isEmpty()
              ? "the body is empty"
              : (what.isEmpty() ? "the body" : what) + " must be " + kind);
    }
  }

  private JsonToken next() {
    try {
      JsonToken token = parser.nextToken();
      if (token == null) {
        throw new JsonException("the body is empty or ends too early");
      }
      return token;
    } catch (JsonProcessingException e) {
      throw malformed(e);
    } catch (IOException e) {
      throw new JsonException("not well-formed JSON");
    }
  }

  private String name() {
    try {
      return parser.currentName();
    } catch (IOException e) {
      throw new JsonException("not well-formed JSON");
    }
  }
}
