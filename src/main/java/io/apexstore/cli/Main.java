package io.apexstore.cli;

import io.apexstore.server.config.ConfigException;
import java.util.Map;
import java.util.Optional;

/** The entry point of the program. */
public final class Main {
  private Main() {}

  /**
   * Runs the subcommand that the arguments name and ends the process with its exit code.
   *
   * @param args the command line without the name of the program
   */
  public static void main(String[] args) {
    int exit = run(console(System.getenv()), args);
    System.out.flush();
    System.exit(exit);
  }

  /** Returns the console of this process, after setting the defaults of logging. */
  static Console console(Map<String, String> environment) {
    LogDefaults.apply();
    return new Console(System.out, System.err, Map.copyOf(environment));
  }

  static int run(Console console, String... args) {
    Optional<ServeArguments> simple = ServeArguments.parseSimple(args);
    try {
      return simple.isPresent()
          ? ServerProgram.run(simple.get(), console)
          : Subcommands.run(console, args);
    } catch (ConfigException e) {
      console.error(String.valueOf(e.getMessage()));
      return Console.USAGE_ERROR;
    }
  }
}
