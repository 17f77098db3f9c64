package io.apexstore.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class QuotedTest {
  @Test
  void inputIsShortenedAndHasNoControlCharacters() {
    assertEquals("'fast'", Quoted.of("fast"));
    assertEquals("''", Quoted.of(""));
    assertEquals("'a\uFFFD\uFFFDb'", Quoted.of("a\r\nb"));
    assertEquals("'" + "x".repeat(64) + "'", Quoted.of("x".repeat(64)));
    assertEquals("'" + "x".repeat(64) + "…'", Quoted.of("x".repeat(65)));
  }
}
