package io.apexstore.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.lang.ArchRule;
import java.lang.foreign.MemorySegment;
import java.util.Set;
import net.jpountz.lz4.LZ4Factory;

/** Rules on compiled classes, below the root package of ApexStore or of the fixtures. */
final class Rules {

  private static final Set<String> FILE_TYPES =
      Set.of(
          "java.nio.channels.FileChannel",
          "java.nio.channels.AsynchronousFileChannel",
          "java.nio.channels.FileLock",
          "java.io.RandomAccessFile",
          "java.io.FileInputStream",
          "java.io.FileOutputStream",
          "java.io.FileReader",
          "java.io.FileWriter");

  private final String root;

  Rules(String root) {
    this.root = root;
  }

  ArchRule layers() {
    return classes().should(new Layers(root).respected()).allowEmptyShould(true);
  }

  ArchRule noCycles() {
    return slices().matching(root + ".(**)").should().beFreeOfCycles().allowEmptyShould(true);
  }

  ArchRule vertxStaysInTheServer() {
    return noClasses()
        .that()
        .resideOutsideOfPackages(in("cli.."), in("server.."), in("vertx.."))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.vertx..", "io.netty..", "io.micrometer..")
        .allowEmptyShould(true);
  }

  ArchRule commandLineLibrariesStayInTheCommandLine() {
    return noClasses()
        .that()
        .resideOutsideOfPackages(in("cli.."))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("picocli..", "org.jline..")
        .allowEmptyShould(true);
  }

  ArchRule onlyTheStorageOpensFiles() {
    return noClasses()
        .that()
        .resideOutsideOfPackages(in("engine.io"))
        .should()
        .dependOnClassesThat(
            describe("open files themselves", type -> FILE_TYPES.contains(type.getName())))
        .allowEmptyShould(true);
  }

  ArchRule onlyTheStorageAndTheProgramsUsePaths() {
    return noClasses()
        .that()
        .resideOutsideOfPackages(in("engine.io"), in("cli.."), in("server.."))
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.nio.file.Files")
        .allowEmptyShould(true);
  }

  ArchRule noUnsafe() {
    return noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("sun..", "jdk.internal..")
        .allowEmptyShould(true);
  }

  /** Programs that embed the engine run without flags: the JDK would print a warning in them. */
  ArchRule noUnsafeThroughLibraries() {
    return noClasses()
        .that()
        .resideInAnyPackage(root, in("engine.."))
        .should()
        .callMethod(LZ4Factory.class, "unsafeInstance")
        .orShould()
        .callMethod(LZ4Factory.class, "fastestJavaInstance")
        .orShould()
        .callMethod(LZ4Factory.class, "fastestInstance")
        .allowEmptyShould(true);
  }

  ArchRule noRestrictedMethods() {
    return noClasses()
        .should()
        .accessTargetWhere(
            describe(
                "is MemorySegment.reinterpret",
                (JavaAccess<?> access) ->
                    access.getTargetOwner().isEquivalentTo(MemorySegment.class)
                        && access.getTarget().getName().equals("reinterpret")))
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.lang.foreign.Linker")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.lang.foreign.SymbolLookup")
        .allowEmptyShould(true);
  }

  ArchRule theEngineDoesNotPrint() {
    return noClasses()
        .that()
        .resideInAnyPackage(root, in("engine.."))
        .should()
        .accessTargetWhere(
            describe(
                "is System.out or System.err",
                (JavaAccess<?> access) ->
                    access.getTargetOwner().isEquivalentTo(System.class)
                        && Set.of("out", "err").contains(access.getTarget().getName())))
        .allowEmptyShould(true);
  }

  /**
   * A log handler of the embedding program may throw; only the safe logger is prepared for that.
   */
  ArchRule onlyTheSafeLoggerObtainsLoggers() {
    return noClasses()
        .that()
        .doNotHaveSimpleName("SafeLogger")
        .should()
        .callMethodWhere(
            describe(
                "is System.getLogger or Logger.getLogger",
                (JavaCall<?> call) -> call.getTarget().getName().equals("getLogger")))
        .allowEmptyShould(true);
  }

  private String in(String relative) {
    return root + "." + relative;
  }
}
