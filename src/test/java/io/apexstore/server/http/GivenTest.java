package io.apexstore.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class GivenTest {
  @Test
  void whatWasGivenIsShownShortAndWithoutControlCharacters() {
    assertEquals("'fast'", Given.of("fast"));
    assertEquals("''", Given.of(""));
    assertEquals("'a\uFFFD\uFFFDb'", Given.of("a\r\nb"));
    assertEquals("'" + "x".repeat(64) + "'", Given.of("x".repeat(64)));
    assertEquals("'" + "x".repeat(64) + "…'", Given.of("x".repeat(65)));
  }
}
