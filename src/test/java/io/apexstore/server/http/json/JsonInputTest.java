package io.apexstore.server.http.json;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonInputTest {
  @Test
  void anObjectIsReadMemberByMember() {
    List<String> found = new ArrayList<>();
    read(
        "{\"a\": \"x\", \"b\": [\"y\", \"z\"], \"c\": 7, \"d\": \"AAH/\"}",
        input ->
            input.object(
                "",
                member -> {
                  switch (member) {
                    case "a" -> found.add(input.text("a"));
                    case "b" -> input.array("b", () -> found.add(input.text("each b")));
                    case "c" -> found.add(Long.toString(input.whole("c")));
                    default -> assertArrayEquals(new byte[] {0, 1, -1}, input.base64("d"));
                  }
                }));
    assertEquals(List.of("x", "y", "z", "7"), found);
  }

  @Test
  void textBeyondAsciiKeepsItsBytes() {
    byte[] utf8 = "žluťoučký 🐎 kůň".getBytes(StandardCharsets.UTF_8);
    read("\"žluťoučký \\ud83d\\udc0e kůň\"", input -> assertArrayEquals(utf8, input.utf8("it")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "{\"a\"",
        "{\"a\": \"x\"",
        "{\"a\": \"x\"} more",
        "{\"a\": \"x\", \"a\": \"y\"}",
        "{\"a\": \"\\ud83d\"}",
        "{\"a\": \"\\udc0e\\ud83d\"}",
        "{\"a\": 1}",
        "{\"a\": null}",
        "{\"a\": [\"x\"]}",
        "{'a': 'x'}",
        "{\"a\": \"x\",}",
        "{\"a\": \"line\nbreak\"}",
        "{\"a\": NaN}",
        "[\"a\"]",
        "\"a\"",
        "nonsense"
      })
  void whatIsNotTheObjectAskedForIsRefused(String text) {
    JsonException refusal = assertThrows(JsonException.class, () -> readTexts(text));
    assertTrue(String.valueOf(refusal.getMessage()).length() > 5);
  }

  @Test
  void deepNestingIsRefused() {
    String text = "[".repeat(1_000) + "]".repeat(1_000);
    assertThrows(JsonException.class, () -> read("{\"a\": " + text + "}", JsonInputTest::nest));
  }

  @Test
  void anEndlessNumberIsRefused() {
    assertThrows(
        JsonException.class,
        () ->
            read(
                "{\"a\": " + "1".repeat(10_000) + "}",
                input -> input.object("", member -> input.whole("a"))));
  }

  @Test
  void bytesThatAreNotUtf8AreRefused() {
    for (int[] bad :
        new int[][] {
          {0xFF}, {0xC3, '"'}, {0xC0, 0x80}, {0xED, 0xA0, 0x80}, {0xF8, 0x88, 0x80, 0x80, 0x80}
        }) {
      byte[] text = "{\"a\": \"xxxxx\"}".getBytes(StandardCharsets.UTF_8);
      for (int i = 0; i < bad.length; i++) {
        text[7 + i] = (byte) bad[i];
      }
      assertThrows(
          JsonException.class,
          () ->
              JsonInput.read(
                  text, 0, text.length, input -> input.object("", member -> input.utf8(member))),
          () -> "bytes beginning " + Integer.toHexString(bad[0]));
    }
  }

  @Test
  void textInAnotherEncodingIsNotGuessed() {
    byte[] text = "{\"a\": \"x\"}".getBytes(StandardCharsets.UTF_16LE);
    assertThrows(
        JsonException.class,
        () -> JsonInput.read(text, 0, text.length, input -> input.object("", input::text)));
  }

  private static void nest(JsonInput input) {
    input.object("", member -> nestArray(input));
  }

  private static void nestArray(JsonInput input) {
    input.array("a", () -> nestArray(input));
  }

  private static void readTexts(String text) {
    read(text, input -> input.object("", member -> input.utf8(member)));
  }

  private static void read(String text, Consumer<JsonInput> use) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    JsonInput.read(bytes, 0, bytes.length, use);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"a\": 1, \"a\": 2}|a member occurs twice at line 1, column 10",
        "{\"a\" 1}|not well-formed JSON at line 1, column 6",
        "{\"a\": truth}|not well-formed JSON at line 1, column 7",
        "{\"a\": 1|the JSON ends too early at line 1, column 8"
      })
  void errorsNameTheirPlaceInOurWords(String text, String expected) {
    JsonException refusal =
        assertThrows(
            JsonException.class,
            () -> read(text, input -> input.object("", name -> input.whole(name))));
    assertEquals(expected, refusal.getMessage());
  }

  @Test
  void aLimitIsNamedWithoutTheParsersWords() {
    JsonException refusal =
        assertThrows(
            JsonException.class,
            () -> read("{\"a\": " + "9".repeat(200) + "}", JsonInputTest::nest));
    assertTrue(String.valueOf(refusal.getMessage()).contains("at most 100 characters"));
    assertFalse(String.valueOf(refusal.getMessage()).contains("Stream"));
  }
}
