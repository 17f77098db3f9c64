package io.apexstore.server.config;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.apexstore.error.FileErrors;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The parser of {@code conf/apexstore.json}: one JSON object whose members are strings, numbers or
 * booleans.
 */
final class ConfigFile {
  private static final JsonFactory FACTORY =
      JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private ConfigFile() {}

  static List<Assignment> parse(String text, String source) {
    List<Assignment> found = new ArrayList<>();
    try (JsonParser parser = FACTORY.createParser(text)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new ConfigException(source + ": allowed is one JSON object of names and values");
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        if (!parser.nextToken().isScalarValue() || parser.currentToken() == JsonToken.VALUE_NULL) {
          throw new ConfigException(
              source + ": " + name + ": allowed is a string, a number, true or false");
        }
        found.add(new Assignment(name, parser.getText()));
      }
      if (parser.nextToken() != null) {
        throw new ConfigException(source + ": unexpected content after the JSON object");
      }
      return found;
    } catch (JsonProcessingException e) {
      // The message of the parser quotes the input, which may be a secret.
      JsonLocation at = e.getLocation();
      throw new ConfigException(
          source
              + ": not well-formed JSON"
              + (at == null ? "" : " at line " + at.getLineNr() + ", column " + at.getColumnNr()));
    } catch (IOException e) {
      throw new ConfigException(source + " cannot be read: " + FileErrors.reason(e));
    }
  }
}
