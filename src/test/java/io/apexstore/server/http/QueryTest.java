package io.apexstore.server.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QueryTest {
  @Test
  void parametersAreExactBytes() {
    Query query = Query.parse("prefix=a%00%ff+b%2B&flag&limit=7");
    assertArrayEquals(new byte[] {'a', 0, -1, ' ', 'b', '+'}, query.bytes("prefix"));
    assertTrue(query.flag("flag"));
    assertEquals(7, query.count("limit", 1, 100));
    assertNull(query.bytes("other"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a=", "a", "a&b=1", "a=&b=1"})
  void anEmptyParameterIsRefused(String raw) {
    Query query = Query.parse(raw);
    assertEquals(Problem.Kind.MALFORMED_REQUEST, kind(() -> query.bytes("a")));
    assertEquals(Problem.Kind.MALFORMED_REQUEST, kind(() -> query.text("a")));
  }

  @Test
  void parametersInJsonAreThoseOfAQuery() {
    String json =
        """
        {"prefix_base64": "YQD/", "from": "\u00e9+", "reverse": true, "limit": 7, "cursor": "x"}
        """;
    Set<String> allowed = Set.of("prefix", "from", "reverse", "limit", "cursor");
    Query query = Query.parseJson(json.getBytes(StandardCharsets.UTF_8), allowed);
    assertArrayEquals(new byte[] {'a', 0, -1}, query.bytes("prefix"));
    assertEquals("\u00e9+", query.text("from"));
    assertTrue(query.flag("reverse"));
    assertEquals(7, query.count("limit", 1, 100));
    assertEquals("x", query.text("cursor"));
  }

  @Test
  void noQueryHasNoParameters() {
    assertTrue(Query.parse(null).isEmpty());
    assertTrue(Query.parse("").isEmpty());
    assertTrue(Query.parse("&&").isEmpty());
  }

  @ParameterizedTest
  @ValueSource(strings = {"a=1&a=2", "a=%", "a=%1", "a=%zz", "%=1"})
  void aMalformedQueryIsRefused(String raw) {
    assertEquals(Problem.Kind.MALFORMED_REQUEST, kind(() -> Query.parse(raw)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "", "1e3", "9999999999999999999", "1.5", "٣"})
  void aCountIsAWholeNumberOfAtLeastOne(String text) {
    assertEquals(
        Problem.Kind.MALFORMED_REQUEST,
        kind(() -> Query.parse("limit=" + text).count("limit", 1, 100)));
  }

  @Test
  void aFlagIsTrueByItsNameAloneAndNotByAnEmptyValue() {
    assertTrue(Query.parse("a=1&flag").flag("flag"));
    assertTrue(Query.parse("flag=true").flag("flag"));
    assertFalse(Query.parse("flag=0").flag("flag"));
    assertFalse(Query.parse("").flag("flag"));
    assertEquals(Problem.Kind.MALFORMED_REQUEST, kind(() -> Query.parse("flag=").flag("flag")));
  }

  @Test
  void aLargeCountIsCapped() {
    assertEquals(100, Query.parse("limit=2147483648").count("limit", 1, 100));
  }

  @Test
  void anUnknownParameterIsRefused() {
    assertEquals(
        Problem.Kind.MALFORMED_REQUEST, kind(() -> Query.parse("x=1").allow(Set.of("prefix"))));
  }

  @Test
  void escapesInAPathAreBytesAndPlusIsPlus() {
    String path = "/keys/..%2F%00%252e+";
    assertArrayEquals(
        new byte[] {'.', '.', '/', 0, '%', '2', 'e', '+'},
        PercentCoding.decode(path, 6, path.length(), false));
  }

  private static Problem.Kind kind(Runnable call) {
    return assertThrows(ProblemException.class, call::run).problem().kind();
  }
}
