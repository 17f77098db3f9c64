package io.apexstore.server.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** {@code -Dmanual.update=true} writes the page instead of comparing it. */
class ConfigurationPageTest {
  private static final Path PAGE = Path.of("src", "site", "markdown", "configuration.md");

  @Test
  void theManualsPageIsGeneratedFromTheTable() throws IOException {
    if (Boolean.getBoolean("manual.update")) {
      Files.createDirectories(PAGE.getParent());
      Files.writeString(PAGE, ConfigurationPage.markdown());
    }
    assertEquals(ConfigurationPage.markdown(), Files.readString(PAGE));
  }

  @Test
  void everyDefaultIsAllowed() {
    for (Option option : Option.values()) {
      option.parse(option.defaultText(), "default");
    }
  }
}
