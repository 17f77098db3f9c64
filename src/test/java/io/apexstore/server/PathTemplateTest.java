package io.apexstore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PathTemplateTest {
  @ParameterizedTest
  @CsvSource({
    "/, /, true",
    "/, /x, false",
    "/keys, /keys, true",
    "/keys, /keys/, false",
    "/keys, /keysx, false",
    "/keys/{key}, /keys/a, true",
    "/keys/{key}, /keys/, false",
    "/keys/{key}, /keys, false",
    "/keys/{key}, /keys/a/b, false",
    "/keys/{key}, /keys/a%2Fb, true",
    "/keys/{key}, /keys/.., true",
    "/keys/{key}, /keys/%2e%2e, true",
    "/keys/{key}, //keys/a, false",
    "/keys/{key}, /x/../keys/a, false",
    "/keyspaces/{name}/keys/{key}, /keyspaces/n/keys/k, true",
    "/keyspaces/{name}/keys/{key}, /keyspaces//keys/k, false",
    "/keyspaces/{name}/keys/{key}, /keyspaces/n/keys, false"
  })
  void onlyThePathAsItCameCounts(String template, String path, boolean matches) {
    assertEquals(matches, new PathTemplate(template).matches(path));
  }
}
