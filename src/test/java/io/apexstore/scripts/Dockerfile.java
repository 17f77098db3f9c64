package io.apexstore.scripts;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The last stage of a Dockerfile.
 *
 * @param instructions the instructions, with continued lines joined
 */
record Dockerfile(List<Instruction> instructions) {

  /**
   * One instruction.
   *
   * @param keyword in capitals
   * @param arguments the rest of the line
   */
  record Instruction(String keyword, String arguments) {}

  private static final Pattern QUOTED = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"");
  private static final Pattern VARIABLE = Pattern.compile("([A-Z_]+)=(\\S+)");

  /** Parses all stages of a file. */
  static List<Instruction> instructions(Path file) throws IOException {
    List<Instruction> found = new ArrayList<>();
    StringBuilder pending = new StringBuilder();
    for (String line : Files.readAllLines(file)) {
      String text = line.strip();
      if (text.isEmpty() || text.startsWith("#")) {
        continue;
      }
      if (text.endsWith("\\")) {
        pending.append(text, 0, text.length() - 1).append(' ');
        continue;
      }
      String whole = pending.append(text).toString().strip();
      pending.setLength(0);
      int space = whole.indexOf(' ');
      found.add(new Instruction(whole.substring(0, space), whole.substring(space + 1).strip()));
    }
    return found;
  }

  /** Parses the last stage, which is the image. */
  static Dockerfile lastStage(Path file) throws IOException {
    List<Instruction> all = instructions(file);
    int from = 0;
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i).keyword().equals("FROM")) {
        from = i;
      }
    }
    return new Dockerfile(List.copyOf(all.subList(from, all.size())));
  }

  /** Returns the arguments of all instructions with a keyword. */
  List<String> every(String keyword) {
    return instructions.stream()
        .filter(instruction -> instruction.keyword().equals(keyword))
        .map(Instruction::arguments)
        .toList();
  }

  /** Returns the arguments of the only instruction with a keyword. */
  String only(String keyword) {
    List<String> found = every(keyword);
    if (found.size() != 1) {
      throw new AssertionError(keyword + " occurs " + found.size() + " times");
    }
    return found.get(0);
  }

  /** Returns the words of an instruction in exec form, or of the exec form within it. */
  List<String> words(String keyword) {
    String arguments = only(keyword);
    int begin = arguments.indexOf('[');
    if (begin < 0 || !arguments.endsWith("]")) {
      throw new AssertionError(keyword + " is not in exec form: " + arguments);
    }
    return QUOTED
        .matcher(arguments.substring(begin))
        .results()
        .map(result -> result.group(1).replace("\\\"", "\""))
        .toList();
  }

  /** Returns the variables that ENV sets. */
  Map<String, String> environment() {
    Map<String, String> found = new LinkedHashMap<>();
    for (Instruction instruction : instructions) {
      if (instruction.keyword().equals("ENV")) {
        Matcher matcher = VARIABLE.matcher(instruction.arguments());
        while (matcher.find()) {
          found.put(matcher.group(1), matcher.group(2));
        }
      }
    }
    return found;
  }
}
