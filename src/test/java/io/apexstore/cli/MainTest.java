package io.apexstore.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.apexstore.server.config.Option;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MainTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final Map<String, String> environment = new HashMap<>();

  @Test
  void withoutACommandTheUsageIsPrinted() {
    assertEquals(2, run());
    assertTrue(text(err).contains("serve"), text(err));
  }

  @Test
  void helpOfServeNamesEveryOptionOfTheTable() {
    PrintStream before = System.out;
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    try {
      assertEquals(0, run("serve", "--help"));
    } finally {
      System.setOut(before);
    }
    for (Option option : Option.values()) {
      assertTrue(text(out).contains(option.flag()), option.flag());
    }
  }

  @Test
  void helpHelpsWithEveryCommand() {
    PrintStream before = System.out;
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    try {
      assertEquals(0, run("help"));
      for (String command : new String[] {"serve", "health", "inspect", "verify", "help"}) {
        assertTrue(text(out).contains("  " + command + " "), text(out));
        assertEquals(0, run("help", command));
        assertTrue(text(out).contains("Usage: apexstore " + command + " "), text(out));
      }
    } finally {
      System.setOut(before);
    }
    assertEquals(2, run("help", "nonsense"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--port=99999 | PORT: given \"99999\" (command line), allowed: 0 to 65535",
        "--prot=1 | given \"prot\" (command line), allowed: --host",
        "--tls-enabled=true | TLS_ENABLED: given \"true\" (command line), but this version",
        "--host=0.0.0.0 | HOST: given \"0.0.0.0\"",
        "extra | unknown argument: given \"extra\""
      })
  void aWrongCommandLineEndsTheStartAndTheErrorSaysWhatIsAllowed(String argument, String error) {
    assertEquals(2, run("serve", argument));
    assertTrue(text(err).contains(error), text(err));
  }

  @Test
  void anExtraArgumentIsNamedAndTheErrorSaysWhatIsAllowed() {
    assertEquals(2, run("inspect", "one", "two"));
    assertTrue(text(err).contains("given \"two\", allowed: PATH"), text(err));
  }

  @Test
  void aWrongEnvironmentEndsTheStart() {
    environment.put("WAL_SYNC_MODE", "sometimes");
    assertEquals(2, run("serve"));
    assertTrue(text(err).contains("WAL_SYNC_MODE: given \"sometimes\" (environment)"), text(err));
  }

  @Test
  void healthFailsIfNoServerListens() {
    assertEquals(1, run("health", "--url", "http://127.0.0.1:1"));
    assertTrue(text(err).contains("does not answer"), text(err));
  }

  @Test
  void healthRequiresAUrl() {
    assertEquals(2, run("health", "--url", "nonsense"));
  }

  private int run(String... arguments) {
    return Main.run(
        new Console(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            environment),
        arguments);
  }

  private static String text(ByteArrayOutputStream bytes) {
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
