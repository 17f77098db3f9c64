package io.apexstore.manual;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A page of Markdown: the parts that the tests need.
 *
 * @param file its file, relative to the repository
 * @param blocks its fenced blocks, in order
 * @param links the targets of its links and images, without those on other hosts
 */
record Page(Path file, List<Block> blocks, List<String> links) {

  /**
   * A fenced block.
   *
   * @param line the line of its opening fence, from 1
   * @param language the text after the opening fence
   * @param text the text between the fences
   */
  record Block(int line, String language, String text) {}

  private static final Path MANUAL = Path.of("src/site/markdown");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");

  /** The README and every page of the manual. */
  static List<Page> all() throws IOException {
    List<Page> pages = new ArrayList<>();
    pages.add(read(Path.of("README.md")));
    try (Stream<Path> paths = Files.walk(MANUAL)) {
      for (Path path : paths.filter(p -> p.toString().endsWith(".md")).sorted().toList()) {
        pages.add(read(path));
      }
    }
    return pages;
  }

  static Page read(Path file) throws IOException {
    return parse(file, Files.readString(file));
  }

  static Page parse(Path file, String markdown) {
    List<Block> blocks = new ArrayList<>();
    List<String> links = new ArrayList<>();
    int opened = 0;
    String language = "";
    StringBuilder text = new StringBuilder();
    int number = 0;
    for (String line : markdown.lines().toList()) {
      number++;
      if (line.startsWith("```")) {
        if (opened == 0) {
          opened = number;
          language = line.substring(3).strip();
          text.setLength(0);
        } else {
          blocks.add(new Block(opened, language, text.toString()));
          opened = 0;
        }
      } else if (opened > 0) {
        text.append(line).append('\n');
      } else {
        Matcher link = LINK.matcher(line);
        while (link.find()) {
          if (!link.group(1).contains("://")) {
            links.add(link.group(1));
          }
        }
      }
    }
    if (opened > 0) {
      throw new IllegalArgumentException(file + ":" + opened + ": a fence that is not closed");
    }
    return new Page(file, List.copyOf(blocks), List.copyOf(links));
  }
}
