package io.apexstore.server.http.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.util.Base64;
import java.util.function.Consumer;

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
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CHARSET_DETECTION) // always UTF-8
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(16)
                  .maxNumberLength(100)
                  .maxNameLength(256)
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

  private static JsonException malformed(JsonProcessingException e) {
    String message = e.getOriginalMessage();
    var location = e.getLocation();
    String where =
        location == null
            ? ""
            : " at line " + location.getLineNr() + ", column " + location.getColumnNr();
    String first = message == null ? "" : message.lines().findFirst().orElse("");
    return new JsonException(
        "not well-formed JSON"
            + where
            + ": "
            + (first.length() > 160 ? first.substring(0, 160) + "…" : first));
  }

  /** Reads an object. The function is called with the name of each member and reads its value. */
  public void object(String what, Consumer<String> member) {
    expect(JsonToken.START_OBJECT, what, "an object");
    while (next() == JsonToken.FIELD_NAME) {
      member.accept(name());
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
