package io.apexstore.cli;

import io.apexstore.server.config.ConfigException;
import java.util.Map;
import java.util.Optional;

/** The program's entry point. */
public final class Main {
  private Main() {}

  /**
   * Runs the subcommand that the arguments name and ends the process with its exit code.
   *
   * @param args the command line after the program's name
   */
  public static void main(String[] args) {
    int exit = run(console(System.getenv()), args);
    System.out.flush();
    System.exit(exit);
  }

  /** Returns where the program speaks, and lets what it is made of log there. */
  static Console console(Map<String, String> environment) {
    Logs.configure();
    return new Console(System.out, System.err, Map.copyOf(environment));
  }

  static int run(Console console, String... args) {
    Optional<ServeArguments> plain = ServeArguments.ofPlain(args);
    try {
      return plain.isPresent()
          ? ServerProgram.run(plain.get(), console)
          : Commands.run(console, args);
    } catch (ConfigException e) {
      console.complain(String.valueOf(e.getMessage()));
      return Console.MISUSED;
    }
  }
}
