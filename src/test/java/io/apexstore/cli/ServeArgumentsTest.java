package io.apexstore.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Simple command lines are parsed as picocli parses them; all others are left to picocli. */
class ServeArgumentsTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "--port 0",
        "--port=0",
        "--port 0 --host=::1 --data-dir a=b",
        "--config conf/other.json --auth-enabled false",
        "--config=c.json",
        "--data-dir=a/b",
        "--host nonsense"
      })
  void aSimpleCommandLineIsParsedAsByPicocli(String line) {
    assertEquals(Optional.of(byPicocli(line)), ServeArguments.parseSimple(serve(line)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--help",
        "-h",
        "--version",
        "extra",
        "--port",
        "--port=",
        "--port --host",
        "--port 1 --port 2",
        "--port -1",
        "--prot 1",
        "-p 1",
        "--config @file",
        "@file",
        "--host \"a\"",
        "--host 'a'",
        "--"
      })
  void anyOtherCommandLineIsLeftToPicocli(String line) {
    assertEquals(Optional.empty(), ServeArguments.parseSimple(serve(line)));
  }

  @Test
  void otherCommandsAreLeftToPicocli() {
    assertTrue(ServeArguments.parseSimple().isEmpty());
    assertTrue(ServeArguments.parseSimple("health").isEmpty());
    assertTrue(ServeArguments.parseSimple("--port", "1", "serve").isEmpty());
  }

  private static ServeArguments byPicocli(String line) {
    CommandLine commandLine = new CommandLine(new ServeCommand().spec());
    String[] serve = serve(line);
    return ServeCommand.arguments(
        commandLine.parseArgs(Arrays.copyOfRange(serve, 1, serve.length)));
  }

  private static String[] serve(String line) {
    return (line.isEmpty() ? "serve" : "serve " + line).split(" ", -1);
  }
}
