package io.apexstore.cli;

import java.io.PrintStream;

/** The program's entry point. */
public final class Main {

  private Main() {}

  /**
   * Runs the subcommand that the arguments name and ends the process with its exit code.
   *
   * @param args the command line after the program's name
   */
  public static void main(String[] args) {
    System.exit(run(System.out));
  }

  static int run(PrintStream out) {
    out.println("usage: apexstore <command>");
    return 2;
  }
}
