package io.apexstore.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.apexstore.server.http.HeaderList.Item;
import io.apexstore.server.http.HeaderList.Parameter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Lists, quoted strings, parameters and weights by the grammar of RFC 9110. */
class HeaderListTest {
  private static final String TOKEN = "!#$%&'*+-.^_`|~09azAZ";

  @Test
  void whatTheGrammarGeneratesIsReadAsItWasMeant() {
    for (int seed = 0; seed < 2_000; seed++) {
      Random random = new Random(seed);
      List<Item> meant = new ArrayList<>();
      StringBuilder text = new StringBuilder(separators(random, false));
      int count = random.nextInt(5);
      for (int i = 0; i < count; i++) {
        meant.add(item(random, text));
        text.append(separators(random, i < count - 1));
      }
      assertEquals(meant, HeaderList.items(text.toString()), "seed " + seed + ": " + text);
    }
  }

  private static Item item(Random random, StringBuilder text) {
    String name = token(random) + (random.nextInt(3) == 0 ? "/" + token(random) : "");
    text.append(name);
    String value = null;
    if (random.nextInt(3) == 0) {
      text.append(equalsSign(random));
      value = word(random, text);
    }
    List<Parameter> parameters = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      text.append(space(random)).append(';').append(space(random));
      if (random.nextInt(8) > 0) { // An empty parameter is allowed.
        String parameter = token(random);
        text.append(parameter);
        String word = "";
        if (random.nextInt(4) > 0) {
          text.append(equalsSign(random));
          word = word(random, text);
        }
        parameters.add(new Parameter(parameter.toLowerCase(Locale.ROOT), word));
      }
    }
    return new Item(name.toLowerCase(Locale.ROOT), value, parameters);
  }

  private static String equalsSign(Random random) {
    return random.nextInt(5) == 0 ? space(random) + "=" + space(random) : "=";
  }

  private static String token(Random random) {
    StringBuilder token = new StringBuilder();
    for (int i = 1 + random.nextInt(6); i > 0; i--) {
      token.append(TOKEN.charAt(random.nextInt(TOKEN.length())));
    }
    return token.toString();
  }

  /** Appends a token or a quoted string, and returns what it means. */
  private static String word(Random random, StringBuilder text) {
    if (random.nextBoolean()) {
      String token = token(random);
      text.append(token);
      return token;
    }
    StringBuilder meant = new StringBuilder();
    text.append('"');
    for (int i = random.nextInt(6); i > 0; i--) {
      char c = "\t ,;=/\"\\aZ0\u0080\u00ff".charAt(random.nextInt(13));
      meant.append(c);
      if (c == '"' || c == '\\' || random.nextInt(4) == 0) {
        text.append('\\');
      }
      text.append(c);
    }
    text.append('"');
    return meant.toString();
  }

  private static String space(Random random) {
    return new String[] {"", " ", "\t", "  "}[random.nextInt(4)];
  }

  private static String separators(Random random, boolean needed) {
    StringBuilder text = new StringBuilder(space(random));
    for (int i = random.nextInt(3) + (needed ? 1 : 0); i > 0; i--) {
      text.append(',').append(space(random));
    }
    return text.toString();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a b",
        "a=",
        "a=;b",
        "a;b=",
        "\"a\"",
        "a=\"b",
        "a=\"b\\",
        "a=\"b\"c",
        "a;=b",
        "=a",
        ";a",
        "a/b/c",
        "a/",
        "/a",
        "a=b=c",
        "a(b)",
        "a=\"\0\"",
        "a=\u00e9",
        "\u0130",
        "a, ;",
        "a\u000bb"
      })
  void whatIsNotOfTheGrammarIsRefused(String text) {
    assertThrows(IllegalArgumentException.class, () -> HeaderList.items(text));
  }

  @Test
  void anErrorNamesTheCharacterAndItsPlace() {
    Exception wrong =
        assertThrows(IllegalArgumentException.class, () -> HeaderList.items("chunked, a b"));
    assertEquals("unexpected 'b' at character 12 of 'chunked, a b'", wrong.getMessage());
    Exception early = assertThrows(IllegalArgumentException.class, () -> HeaderList.items("a="));
    assertEquals("unexpected end of 'a='", early.getMessage());
  }

  @Test
  void entityTagsHaveNoEscapesAndMayHoldCommas() {
    assertEquals(
        List.of("\"a,b\"", "W/\"1\"", "\"\\\"", "\"\"", "\"\u00e9\""),
        HeaderList.entityTags(" ,\"a,b\", W/\"1\",,\"\\\" ,\"\",\t\"\u00e9\","));
    assertEquals(List.of(), HeaderList.entityTags(" , ,"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "*",
        "a",
        "\"a",
        "a\"",
        "w/\"1\"",
        "W/ \"1\"",
        "W/1",
        "\"a b\"",
        "\"a\" \"b\"",
        "*, \"a\""
      })
  void whatIsNoEntityTagIsRefused(String text) {
    assertThrows(IllegalArgumentException.class, () -> HeaderList.entityTags(text));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "~",
      value = {
        "json | ~",
        "json | ''",
        "json | */*",
        "json | text/html, */*;q=0.1",
        "json | text/html",
        "json | application/*",
        "json | application/json, application/octet-stream",
        "json | application/json;q=1, application/octet-stream;q=0.999",
        "json | application/octet-stream;q=0",
        "json | application/octet-stream;q=0.000",
        "json | application/octet-stream ; q=0.0, text/html",
        "json | application/octet-stream;q=0, */*",
        "json | application/octet-stream;q=0.5, */*",
        "json | application/json;a=\"q=0, application/octet-stream\"",
        "json | application/octet-stream and more",
        "bytes | application/octet-stream",
        "bytes | APPLICATION/OCTET-STREAM",
        "bytes | application/octet-stream, */*",
        "bytes | application/octet-stream;q=0.001",
        "bytes | application/octet-stream;q=1.000, application/json;q=0.9",
        "bytes | application/json;q=0, */*",
        "bytes | application/json;q=0.2, application/*;q=0.3",
        "bytes | , ,application/octet-stream,",
        "bytes | text/plain;a=\"x,y\",application/octet-stream",
        "json | text/html, image/gif, *; q=.2, */*; q=.2"
      })
  void theMediaTypeOfTheHighestWeightIsChosen(String expected, String accept) {
    String bytes = "application/octet-stream";
    String chosen = MediaTypes.of("application/json", bytes).choose(accept);
    assertEquals(expected.equals("json") ? "application/json" : bytes, chosen);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "~",
      value = {
        "'' | ~",
        "application/json | application/json",
        "application/json | Application/JSON ; charset=\"utf-8\"",
        "application/json, text/plain | application/json, text/plain",
        "application/json x | application/json x"
      })
  void aContentTypeIsOneMediaType(String expected, String contentType) {
    assertEquals(expected, MediaTypes.bare(contentType));
  }
}
