package io.apexstore.manual;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every Java snippet of the manual runs with only the libraries that an embedding program inherits:
 * without server libraries and flags. The next block, if marked {@code output}, is its output.
 */
class ManualTest {

  /** The libraries that an embedding program inherits: see the dependencies in the pom. */
  private static final List<String> INHERITED = List.of("RoaringBitmap", "jspecify");

  @TempDir Path folder;

  @TestFactory
  @Tag("process")
  Stream<DynamicTest> everySnippetRunsAndPrintsTheOutputOfThePage() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Page page : Page.all()) {
      for (int i = 0; i < page.blocks().size(); i++) {
        Page.Block block = page.blocks().get(i);
        if (block.language().equals("java")) {
          Page.Block next = i + 1 < page.blocks().size() ? page.blocks().get(i + 1) : block;
          String name = page.file() + ":" + block.line();
          Path place = folder.resolve("snippet" + tests.size());
          tests.add(DynamicTest.dynamicTest(name, () -> run(name, block, next, place)));
        }
      }
    }
    assertFalse(tests.isEmpty());
    return tests.stream();
  }

  private static void run(String name, Page.Block block, Page.Block next, Path place)
      throws IOException, InterruptedException {
    Files.createDirectories(place);
    Snippet.Outcome outcome = new Snippet(block.text()).run(place, embeddingClassPath());
    assertEquals("", outcome.errors(), name);
    assertEquals(0, outcome.exit(), name);
    if (next.language().equals("output")) {
      assertEquals(next.text(), outcome.output(), name);
    }
  }

  @Test
  void theClassPathOfTheSnippetsHasNoServerLibrary() {
    String classPath = embeddingClassPath();
    assertFalse(classPath.contains("vertx"), classPath);
    assertFalse(classPath.contains("netty"), classPath);
    for (String name : INHERITED) {
      assertTrue(classPath.contains(name), classPath);
    }
  }

  @Test
  @Tag("process")
  void aSnippetThatUsesAServerLibraryDoesNotCompile() {
    Snippet snippet = new Snippet("io.vertx.core.Vertx.vertx();\n");
    AssertionError error =
        assertThrows(AssertionError.class, () -> snippet.run(folder, embeddingClassPath()));
    assertTrue(String.valueOf(error.getMessage()).contains("package io.vertx.core does not exist"));
  }

  @Test
  void everyLinkResolves() throws IOException {
    List<String> broken = new ArrayList<>();
    for (Page page : Page.all()) {
      for (String link : page.links()) {
        String target = link.replaceFirst("#.*", "");
        Path parent = page.file().toAbsolutePath().getParent();
        if (!target.isEmpty() && parent != null && !Files.exists(parent.resolve(target))) {
          broken.add(page.file() + " -> " + link);
        }
      }
    }
    assertEquals(List.of(), broken);
  }

  @Test
  void everyPageOfTheManualIsReachableFromTheFirst() throws IOException {
    Path index = Path.of("src/site/markdown/index.md");
    List<Path> reached = new ArrayList<>(List.of(index));
    for (int i = 0; i < reached.size(); i++) {
      Page page = Page.read(reached.get(i));
      for (String link : page.links()) {
        Path target = page.file().resolveSibling(link.replaceFirst("#.*", "")).normalize();
        if (target.toString().endsWith(".md")
            && Files.exists(target)
            && !reached.contains(target)) {
          reached.add(target);
        }
      }
    }
    List<Path> unreachable =
        Page.all().stream().map(Page::file).filter(file -> !reached.contains(file)).toList();
    assertEquals(
        List.of(), unreachable.stream().filter(file -> !file.endsWith("README.md")).toList());
  }

  @Test
  void blocksAndLinksOfAPageAreParsed() {
    Page page =
        Page.parse(
            Path.of("p.md"),
            """
            See [a](a.md#x), ![b](img/b.svg) and [c](https://example.org).
            ```java
            one();
            [not](a link)
            ```
            ```output
            ```
            """);
    assertEquals(List.of("a.md#x", "img/b.svg"), page.links());
    assertEquals(
        List.of(
            new Page.Block(2, "java", "one();\n[not](a link)\n"), new Page.Block(6, "output", "")),
        page.blocks());
  }

  private static String embeddingClassPath() {
    String separator = File.pathSeparator;
    return Stream.of(System.getProperty("java.class.path").split(separator))
        .filter(ManualTest::isInherited)
        .collect(Collectors.joining(separator));
  }

  private static boolean isInherited(String entry) {
    String name = String.valueOf(Path.of(entry).getFileName());
    return name.equals("classes") || INHERITED.stream().anyMatch(name::startsWith);
  }
}
