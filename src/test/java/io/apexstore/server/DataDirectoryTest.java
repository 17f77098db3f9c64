package io.apexstore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DataDirectoryTest {
  @TempDir Path folder;

  private final List<String> warnings = new ArrayList<>();

  private Path existing(String mode) throws IOException {
    Path directory = Files.createDirectory(folder.resolve("data"));
    return Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(mode));
  }

  @ParameterizedTest
  @ValueSource(strings = {"rwxrwxrwx", "rwxr-xr-x", "rwx---r--", "rwx-w----"})
  void anExistingDirectoryThatIsOpenToOthersIsReportedInOneLine(String mode) throws IOException {
    Path directory = existing(mode);
    DataDirectory.prepare(directory, warnings::add);
    assertEquals(1, warnings.size());
    String line = warnings.getFirst();
    assertTrue(line.contains(directory.toString()) && line.contains(mode), line);
  }

  @Test
  void aDirectoryOfTheOwnerAloneIsNotReported() throws IOException {
    DataDirectory.prepare(existing("rwx------"), warnings::add);
    Path created = folder.resolve("new");
    DataDirectory.prepare(created, warnings::add);
    assertEquals(List.of(), warnings);
    assertEquals(
        "rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(created)));
  }
}
