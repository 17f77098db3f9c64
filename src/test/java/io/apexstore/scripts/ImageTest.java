package io.apexstore.scripts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The contents of the Dockerfile, checked without Docker. */
class ImageTest {

  private static final Path FILE = Path.of("Dockerfile");

  @Test
  void theProgramRunsAsAUserWithoutPrivileges() throws IOException {
    Dockerfile image = Dockerfile.lastStage(FILE);
    String user = image.only("USER");
    assertEquals("apexstore", user);
    String setup = image.every("RUN").getFirst();
    assertTrue(setup.contains("useradd --system --uid 10001"));
    assertTrue(setup.contains("install -d -o apexstore -g apexstore -m 0700 /data"));
  }

  @Test
  void theDataDirectoryIsAVolume() throws IOException {
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
  void theCacheIsCreatedWithTheFlagsAndTheClassPathOfTheEntryPoint() throws IOException {
    Dockerfile image = Dockerfile.lastStage(FILE);
    String training = image.every("RUN").getLast();
    List<String> entry = image.words("ENTRYPOINT");
    for (String flag : List.of("-XX:+UseCompactObjectHeaders", "-cp")) {
      assertTrue(entry.contains(flag) && training.contains(flag + " "), flag);
    }
    assertTrue(training.contains("\"" + entry.get(entry.indexOf("-cp") + 1) + "\""), training);
    String use = "-XX:AOTCache=";
    String cache = entry.stream().filter(word -> word.startsWith(use)).findFirst().orElseThrow();
    assertTrue(
        training.contains("-XX:AOTCacheOutput=" + cache.substring(use.length()) + " "), training);
    assertTrue(training.contains(" io.apexstore.cli.TrainingRun "), training);
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
