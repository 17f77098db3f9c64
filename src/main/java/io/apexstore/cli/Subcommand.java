package io.apexstore.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** A subcommand of the program, such as {@code serve}. */
interface Subcommand {
  /** Returns the name of the subcommand. */
  String name();

  /** Returns its options and parameters. */
  CommandSpec spec();

  /** Runs it and returns the exit code. */
  int run(ParseResult arguments, Console console);
}
