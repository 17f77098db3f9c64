package io.apexstore.architecture;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.EvaluationResult;
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each rule finds the fixture that violates it. */
class RulesTest {

  private static final String ROOT = "io.apexstore.architecture.fixture";
  private static final Rules RULES = new Rules(ROOT);
  private static final JavaClasses FIXTURES = new ClassFileImporter().importPackages(ROOT);

  @Test
  void aClassThatUsesARowAboveIsFound() {
    assertFinds(RULES.layers(), "engine.base must not use engine.codec");
  }

  @Test
  void aClassThatUsesItsOwnRowIsFound() {
    assertFinds(RULES.layers(), "engine.wal must not use engine.sstable");
  }

  @Test
  void aPackageOutsideTheTableIsFound() {
    assertFinds(RULES.layers(), ROOT + ".stray is not in the table of layers");
  }

  @Test
  void aClassThatUsesOnlyRowsBelowIsNotFound() {
    String report = RULES.layers().evaluate(FIXTURES).getFailureReport().toString();
    assertFalse(report.contains("engine.codec must not use"), report);
  }

  @Test
  void aCycleIsFound() {
    assertFinds(RULES.noCycles(), "Cycle detected");
  }

  @Test
  void vertxInTheEngineIsFound() {
    assertFinds(RULES.vertxStaysInTheServer(), "io.vertx.core.Future");
  }

  @Test
  void picocliInTheEngineIsFound() {
    assertFinds(RULES.commandLineLibrariesStayInTheCommandLine(), "picocli.CommandLine");
  }

  @Test
  void aChannelOpenedInTheEngineIsFound() {
    assertFinds(RULES.onlyTheStorageOpensFiles(), "java.nio.channels.FileChannel");
  }

  @Test
  void aPathUsedInTheEngineIsFound() {
    assertFinds(RULES.onlyTheStorageAndTheProgramsUsePaths(), "java.nio.file.Files");
  }

  @Test
  void unsafeThroughALibraryIsFound() {
    assertFinds(RULES.noUnsafeThroughLibraries(), "LZ4Factory.fastestInstance");
  }

  @Test
  void aRestrictedMethodIsFound() {
    assertFinds(RULES.noRestrictedMethods(), "MemorySegment.reinterpret");
  }

  @Test
  void printingIsFound() {
    assertFinds(RULES.theEngineDoesNotPrint(), "java.lang.System.out");
  }

  @Test
  void aLoggerThatMayThrowIsFound() {
    assertFinds(RULES.onlyTheSafeLoggerObtainsLoggers(), "java.lang.System.getLogger");
  }

  @Test
  void unsafeIsFound(@TempDir Path folder) throws IOException {
    // The compiler's warning about Unsafe cannot be suppressed, so this class is assembled.
    ClassDesc unsafe = ClassDesc.of("sun.misc.Unsafe");
    ClassFile.of()
        .buildTo(
            folder.resolve("Dangerous.class"),
            ClassDesc.of("Dangerous"),
            type -> type.withField("unsafe", unsafe, ClassFile.ACC_STATIC));
    ClassFile.of()
        .buildTo(
            folder.resolve("Harmless.class"),
            ClassDesc.of("Harmless"),
            type -> type.withField("text", ConstantDescs.CD_String, ClassFile.ACC_STATIC));
    assertFinds(RULES.noUnsafe(), "sun.misc.Unsafe", new ClassFileImporter().importPath(folder));
    assertFalse(RULES.noUnsafe().evaluate(FIXTURES).hasViolation());
  }

  private static void assertFinds(ArchRule rule, String text) {
    assertFinds(rule, text, FIXTURES);
  }

  private static void assertFinds(ArchRule rule, String text, JavaClasses classes) {
    EvaluationResult result = rule.evaluate(classes);
    String report = result.getFailureReport().toString();
    assertTrue(result.hasViolation() && report.contains(text), report);
  }
}
