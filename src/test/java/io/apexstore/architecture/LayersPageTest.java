package io.apexstore.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The table of packages in the manual is the table of layers. */
class LayersPageTest {

  private static final Pattern NAME = Pattern.compile("`([a-z.]+)`");

  @Test
  void theManualShowsTheTableOfLayers() throws IOException {
    List<List<String>> shown =
        Files.readAllLines(Path.of("src/site/markdown/architecture.md")).stream()
            .dropWhile(line -> !line.startsWith("| packages"))
            .skip(2)
            .takeWhile(line -> line.startsWith("|"))
            .map(line -> NAME.matcher(line.split("\\|", -1)[1]).results())
            .map(results -> results.map((MatchResult result) -> result.group(1)).toList())
            .toList();
    assertEquals(Layers.rows(), shown);
  }
}
