package io.apexstore.bench.http;

import java.util.Iterator;
import java.util.List;

/**
 * The options of {@link StartBench}.
 *
 * @param rounds the number of measured starts of each side
 * @param goals whether a goal that is not met fails the run
 */
public record StartOptions(int rounds, boolean goals) {
  private static final StartOptions DEFAULTS = new StartOptions(9, false);

  /**
   * Parses the arguments after the name of the command.
   *
   * @throws IllegalArgumentException if they are wrong; the message describes the error
   */
  public static StartOptions parse(List<String> arguments) {
    StartOptions options = DEFAULTS;
    Iterator<String> rest = arguments.iterator();
    while (rest.hasNext()) {
      String name = rest.next();
      if (name.equals("--goals")) {
        options = new StartOptions(options.rounds, true);
      } else if (name.equals("--rounds") && rest.hasNext()) {
        options = new StartOptions(Integer.parseInt(rest.next()), options.goals);
      } else {
        throw new IllegalArgumentException(
            "unknown argument, or argument without a value: " + name);
      }
    }
    return options;
  }
}
