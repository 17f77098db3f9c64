package io.apexstore.bench.http;

import java.util.Iterator;
import java.util.List;

/**
 * How starts are measured.
 *
 * @param rounds starts that count, of each side
 * @param goals whether a goal that is not met fails the run
 */
public record StartOptions(int rounds, boolean goals) {
  private static final StartOptions DEFAULTS = new StartOptions(9, false);

  /**
   * Reads the arguments behind the command's name.
   *
   * @throws IllegalArgumentException saying what is wrong
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
        throw new IllegalArgumentException("unknown argument, or one without a value: " + name);
      }
    }
    return options;
  }
}
