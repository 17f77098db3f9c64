package io.apexstore.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The sources follow the rules on source files, and each rule finds what violates it. */
class SourceRulesTest {

  private static final SourceRules MAIN = new SourceRules(Path.of("src/main/java"));

  @TempDir Path folder;

  @Test
  void everyPackageIsDescribedAndNullMarked() throws IOException {
    assertEquals(List.of(), MAIN.undescribedPackages());
  }

  @Test
  void noSimpleNameOccursTwice() throws IOException {
    List<Path> trees =
        Stream.of("src/main/java", "src/test/java", "src/bench/java", "src/browser/java")
            .map(Path::of)
            .filter(Files::isDirectory)
            .toList();
    assertEquals(List.of(), SourceRules.repeatedNames(trees));
  }

  @Test
  void noCommentMarksUnfinishedWork() throws IOException {
    assertEquals(List.of(), MAIN.unfinished());
  }

  @Test
  void everythingVisibleInOtherPackagesHasAComment() throws IOException {
    assertEquals(List.of(), MAIN.undocumented());
  }

  @Test
  void aPackageWithoutADescriptionIsFound() throws IOException {
    write("a/A.java", "package a;\n");
    write("b/B.java", "package b;\n");
    write("b/package-info.java", "@NullMarked package b;\n");
    write("c/package-info.java", "/** Described. */ @NullMarked package c;\n");
    assertEquals(
        List.of("a: no @NullMarked package-info.java", "b: its package-info.java has no comment"),
        new SourceRules(folder).undescribedPackages());
  }

  @Test
  void aNameThatOccursTwiceIsFound() throws IOException {
    write("main/a/Twice.java", "package a;\n");
    write("main/a/package-info.java", "package a;\n");
    write("test/b/Twice.java", "package b;\n");
    write("test/b/Once.java", "package b;\n");
    write("test/b/package-info.java", "package b;\n");
    Path main = folder.resolve("main");
    Path test = folder.resolve("test");
    assertEquals(
        List.of(
            "Twice.java: ["
                + main.resolve("a/Twice.java")
                + ", "
                + test.resolve("b/Twice.java")
                + "]"),
        SourceRules.repeatedNames(List.of(main, test)));
    assertEquals(List.of(), SourceRules.repeatedNames(List.of(test)));
  }

  @Test
  void aCommentThatMarksUnfinishedWorkIsFound() throws IOException {
    write("A.java", "class A {\n  // TO" + "DO: later\n}\n");
    assertEquals(List.of("A.java:2: // TO" + "DO: later"), new SourceRules(folder).unfinished());
  }

  @Test
  void aVisibleMemberWithoutACommentIsFound() throws IOException {
    write(
        "A.java",
        """
        /** Described. */
        public class A {
          int hidden;
          public int open;
          public void call() {}
          @Override public String toString() { return ""; }
          /** Described. */
          public interface Inner {
            void implied();
          }
          private static class Own { public int mine; }
        }
        """);
    assertEquals(
        List.of(
            "A.java:4: A.open has no comment",
            "A.java:5: A.call has no comment",
            "A.java:9: Inner.implied has no comment"),
        new SourceRules(folder).undocumented());
  }

  private void write(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }
}
