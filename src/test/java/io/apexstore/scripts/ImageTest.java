package io.apexstore.scripts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the Dockerfile says, read without Docker. */
class ImageTest {

  private static final Path FILE = Path.of("Dockerfile");

  @Test
  void theProgramRunsAsAUserWithoutPrivileges() throws IOException {
    Dockerfile image = Dockerfile.lastStage(FILE);
    String user = image.only("USER");
    assertEquals("apexstore", user);
    assertTrue(image.only("RUN").contains("useradd --system --uid 10001"));
    assertTrue(image.only("RUN").contains("install -d -o apexstore -g apexstore -m 0700 /data"));
  }

  @Test
  void theVolumesAreWhereTheDataGoes() throws IOException {
    Dockerfile image = Dockerfile.lastStage(FILE);
    assertEquals(List.of("/data", "/keys"), image.words("VOLUME"));
    assertEquals("/data", image.environment().get("DATA_DIR"));
  }

  @Test
  void thePortIsTheOneThatIsExposed() throws IOException {
    Dockerfile image = Dockerfile.lastStage(FILE);
    assertEquals(image.only("EXPOSE"), image.environment().get("PORT"));
  }

  @Test
  void theEntryPointAndTheHealthCheckRunTheSameProgram() throws IOException {
    Dockerfile image = Dockerfile.lastStage(FILE);
    List<String> entry = image.words("ENTRYPOINT");
    List<String> check = image.words("HEALTHCHECK");
    assertEquals("io.apexstore.cli.Main", entry.getLast());
    assertEquals(
        entry.subList(entry.indexOf("-cp"), entry.size()),
        check.subList(check.indexOf("-cp"), check.size() - 1));
  }

  @Test
  void everythingThatIsCopiedExistsAndReachesTheBuild() throws IOException {
    List<String> sent =
        Files.readAllLines(Path.of(".dockerignore")).stream()
            .filter(line -> line.startsWith("!"))
            .map(line -> line.substring(1))
            .toList();
    for (Dockerfile.Instruction instruction : Dockerfile.instructions(FILE)) {
      if (instruction.keyword().equals("COPY") && !instruction.arguments().startsWith("--from=")) {
        String source = instruction.arguments().substring(0, instruction.arguments().indexOf(' '));
        assertTrue(Files.exists(Path.of(source)), source);
        assertTrue(sent.contains(source), source + " is not sent to the build");
      }
    }
  }
}
