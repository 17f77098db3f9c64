package io.apexstore.manual;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The drawings of bytes in the manual are those of the classes that own the formats. A block that
 * opens with {@code drawing engine/wal/LogFormat.java} is the first {@code <pre>} of that file;
 * with a number after it, another one.
 */
class DrawingsTest {

  private static final String MARK = "drawing ";
  private static final Path SOURCES = Path.of("src/main/java/io/apexstore");
  private static final Pattern PRE =
      Pattern.compile("<pre>(?:\\{@code)?\\n(.*?)\\s*\\*\\s*}?</pre>", Pattern.DOTALL);
  private static final Pattern LINK = Pattern.compile("\\{@(?:link|linkplain) ([^}]*)}");

  @TestFactory
  Stream<DynamicTest> everyDrawingEqualsThatOfItsFormat() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Page page : Page.all()) {
      for (Page.Block block : page.blocks()) {
        if (block.language().startsWith(MARK)) {
          String name = page.file() + ":" + block.line();
          tests.add(
              DynamicTest.dynamicTest(
                  name,
                  () ->
                      assertEquals(
                          drawing(block.language().substring(MARK.length())), block.text(), name)));
        }
      }
    }
    assertFalse(tests.isEmpty());
    return tests.stream();
  }

  @Test
  void aDrawingIsExtractedFromItsComment() {
    assertEquals(
        List.of("  0  4  magic, see FileType\n  4  …  a < b\n", "second\n"),
        drawings(
            """
            /**
             * Text.
             *
             * <pre>
             *     0  4  magic, see {@link io.apexstore.engine.file.FileType}
             *     4  …  a &lt; b
             * </pre>
             *
             * <pre>{@code
             * second
             * }</pre>
             */
            """));
  }

  /** Returns the drawing in a source file. */
  static String drawing(String reference) throws IOException {
    String[] words = reference.split(" ", 2);
    int number = words.length > 1 ? Integer.parseInt(words[1]) : 1;
    return drawings(Files.readString(SOURCES.resolve(words[0]))).get(number - 1);
  }

  private static List<String> drawings(String source) {
    List<String> found = new ArrayList<>();
    Matcher matcher = PRE.matcher(source);
    while (matcher.find()) {
      List<String> lines =
          matcher.group(1).lines().map(line -> line.replaceFirst("^\\s*\\* ?", "")).toList();
      int common =
          lines.stream()
              .filter(line -> !line.isBlank())
              .mapToInt(line -> line.length() - line.stripLeading().length())
              .min()
              .orElse(0);
      int cut = Math.max(0, common - 2);
      found.add(
          lines.stream()
              .map(line -> plain(line.isBlank() ? "" : line.substring(cut)) + "\n")
              .collect(Collectors.joining()));
    }
    return found;
  }

  private static String plain(String line) {
    Matcher matcher = LINK.matcher(line.stripTrailing());
    String linked =
        matcher.replaceAll(
            result -> {
              String[] words = result.group(1).split(" ", 2);
              String label = words.length > 1 ? words[1] : words[0];
              return label.replaceFirst("^[a-z0-9.]+\\.(?=[A-Z])", "").replace('#', '.');
            });
    return linked
        .replaceAll("\\{@code ([^}]*)}", "$1")
        .replaceAll("\\{@value #([^}]*)}", "$1")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
  }
}
