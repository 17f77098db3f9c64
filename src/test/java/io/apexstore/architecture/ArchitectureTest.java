package io.apexstore.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.apexstore.cli.Main;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The shipped classes follow the rules on compiled classes. */
class ArchitectureTest {

  private static final String ROOT = "io.apexstore";
  private static final Rules RULES = new Rules(ROOT);
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
  void theTableOfLayersNamesOnlyPackagesThatExist() {
    Set<String> packages =
        shipped.stream().map(JavaClass::getPackageName).collect(Collectors.toSet());
    List<String> missing =
        Layers.rows().stream()
            .flatMap(List::stream)
            .filter(name -> !packages.contains(name.equals(".") ? ROOT : ROOT + "." + name))
            .toList();
    assertEquals(List.of(), missing);
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
  void onlyTheStorageOpensFiles() {
    RULES.onlyTheStorageOpensFiles().check(shipped);
  }

  @Test
  void onlyTheStorageAndTheProgramsUsePaths() {
    RULES.onlyTheStorageAndTheProgramsUsePaths().check(shipped);
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

  @Test
  void onlyTheSafeLoggerObtainsLoggers() {
    RULES.onlyTheSafeLoggerObtainsLoggers().check(shipped);
  }
}
