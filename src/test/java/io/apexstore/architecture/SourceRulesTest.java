package io.apexstore.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every source file owes its reader, and that a tree which does not pay is found. */
class SourceRulesTest {

  private static final SourceRules MAIN = new SourceRules(Path.of("src/main/java"));

  @TempDir Path folder;

  @Test
  void everyPackageSaysWhatItIsForAndIsNullMarked() throws IOException {
    assertEquals(List.of(), MAIN.unexplainedPackages());
  }

  @Test
  void everyFileCanBeReadInOneSitting() throws IOException {
    assertEquals(List.of(), MAIN.longFiles());
  }

  @Test
  void nothingIsLeftForLater() throws IOException {
    assertEquals(List.of(), MAIN.leftOpen());
  }

  @Test
  void everythingThatOtherPackagesSeeHasAComment() throws IOException {
    assertEquals(List.of(), MAIN.undocumented());
  }

  @Test
  void aPackageWithoutAnExplanationIsFound() throws IOException {
    write("a/A.java", "package a;\n");
    write("b/B.java", "package b;\n");
    write("b/package-info.java", "@NullMarked package b;\n");
    write("c/package-info.java", "/** Explained. */ @NullMarked package c;\n");
    assertEquals(
        List.of("a: no @NullMarked package-info.java", "b: its package-info.java says nothing"),
        new SourceRules(folder).unexplainedPackages());
  }

  @Test
  void aLongFileIsFound() throws IOException {
    write("Long.java", "\n".repeat(501));
    write("Short.java", "\n".repeat(500));
    assertEquals(
        List.of("Long.java: 501 lines, more than 500"), new SourceRules(folder).longFiles());
  }

  @Test
  void aMarkOfUnfinishedWorkIsFound() throws IOException {
    write("A.java", "class A {\n  // TO" + "DO: later\n}\n");
    assertEquals(List.of("A.java:2: // TO" + "DO: later"), new SourceRules(folder).leftOpen());
  }

  @Test
  void whatOthersSeeWithoutACommentIsFound() throws IOException {
    write(
        "A.java",
        """
        /** Said. */
        public class A {
          int hidden;
          public int open;
          public void call() {}
          @Override public String toString() { return ""; }
          /** Said. */
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
