package io.apexstore.scripts;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.apexstore.server.config.Option;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The example files for users agree with the table of options. */
class ExampleFilesTest {

  @Test
  void theEnvironmentExampleHasEveryOptionWithItsDefault() throws IOException {
    List<String> given =
        Files.readAllLines(Path.of(".env.example")).stream()
            .filter(line -> line.matches("#[A-Z0-9_]+=.*"))
            .toList();
    List<String> expected =
        Arrays.stream(Option.values())
            .map(option -> "#" + option.environmentName() + "=" + option.defaultText())
            .toList();
    assertEquals(expected, given);
  }
}
