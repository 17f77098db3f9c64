package io.apexstore.architecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.apexstore.cli.Main;
import java.net.URISyntaxException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The rules, held by everything that is shipped. */
class ArchitectureTest {

  private static final Rules RULES = new Rules("io.apexstore");
  private static JavaClasses shipped;

  @BeforeAll
  static void importClasses() throws URISyntaxException {
    shipped =
        new ClassFileImporter()
            .importPath(
                Path.of(Main.class.getProtectionDomain().getCodeSource().getLocation().toURI()));
  }

  @Test
  void packagesUseOnlyTheLayersBelowThem() {
    RULES.layers().check(shipped);
  }

  @Test
  void packagesHaveNoCycles() {
    RULES.noCycles().check(shipped);
  }

  @Test
  void vertxStaysInTheServer() {
    RULES.vertxStaysInTheServer().check(shipped);
  }

  @Test
  void commandLineLibrariesStayInTheCommandLine() {
    RULES.commandLineLibrariesStayInTheCommandLine().check(shipped);
  }

  @Test
  void filesAreOpenedByTheStorageAlone() {
    RULES.filesAreOpenedByTheStorageAlone().check(shipped);
  }

  @Test
  void pathsAreTouchedByTheStorageAndTheOuterProgramsAlone() {
    RULES.pathsAreTouchedByTheStorageAndTheOuterPrograms().check(shipped);
  }

  @Test
  void nothingUsesUnsafe() {
    RULES.noUnsafe().check(shipped);
  }

  @Test
  void theEngineUsesNoUnsafeThroughItsLibraries() {
    RULES.noUnsafeThroughLibraries().check(shipped);
  }

  @Test
  void nothingCallsRestrictedMethods() {
    RULES.noRestrictedMethods().check(shipped);
  }

  @Test
  void theEngineDoesNotPrint() {
    RULES.theEngineDoesNotPrint().check(shipped);
  }
}
