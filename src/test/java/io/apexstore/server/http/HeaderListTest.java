package io.apexstore.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class HeaderListTest {
  @Test
  void elementsAreStrippedAndEmptyOnesLeftOut() {
    assertEquals(List.of("a", "b c"), HeaderList.split(" a ,, b c,", ','));
    assertEquals(List.of(), HeaderList.split(" , ", ','));
  }

  @Test
  void aSeparatorInQuotesDoesNotSeparate() {
    assertEquals(List.of("\"a,b\"", "x=\"1;2\""), HeaderList.split("\"a,b\", x=\"1;2\"", ','));
    assertEquals(List.of("x=\"1;2\"", "y"), HeaderList.split("x=\"1;2\"; y", ';'));
  }
}
