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
 * Reads JSON strictly, front to back: no member twice, nothing nested deep, no endless number, no
 * half surrogate pair, nothing behind the end.
 *
 * <p><b>Threads:</b> confined to one. <b>Errors:</b> {@link JsonException} from every method.
 */
public final class JsonInput {
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CHARSET_DETECTION) // it is UTF-8
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(16)
                  .maxNumberLength(100)
                  .maxNameLength(256)
                  .maxStringLength(Integer.MAX_VALUE) // the body's length is the limit
                  .build())
          .build();

  private final JsonParser parser;

  private JsonInput(JsonParser parser) {
    this.parser = parser;
  }

  /** Reads one value from bytes, through the given function, and checks that nothing follows. */
  public static void read(byte[] bytes, int offset, int length, Consumer<JsonInput> use) {
    if (!Utf8.isValid(bytes, offset, offset + length)) {
      // Jackson lets some bytes pass that are not.
      throw new JsonException("the bytes are not well-formed UTF-8");
    }
    try (JsonParser parser = FACTORY.createParser(bytes, offset, length)) {
      JsonInput input = new JsonInput(parser);
      use.accept(input);
      if (parser.nextToken() != null) {
        throw new JsonException("something follows the JSON value");
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

  /** Reads an object; the function is called at each member and must read its value. */
  public void object(String what, Consumer<String> member) {
    expect(JsonToken.START_OBJECT, what, "an object");
    while (next() == JsonToken.FIELD_NAME) {
      member.accept(name());
    }
  }

  /** Reads an array; the function is called before each element and must read it. */
  public void array(String what, Runnable element) {
    expect(JsonToken.START_ARRAY, what, "an array");
    while (next() != JsonToken.END_ARRAY) {
      peeked = true;
      element.run();
    }
  }

  private boolean peeked;

  /** Reads a string as the bytes of its text. */
  public byte[] utf8(String what) {
    try {
      return Utf8.encode(text(what));
    } catch (IllegalArgumentException e) {
      throw new JsonException(what + " has half of a surrogate pair, which has no bytes");
    }
  }

  /** Reads a string of Base64. */
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
      throw new JsonException(what + " is too large a number");
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

  /** Whether the value that comes next is a string. */
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
