package io.apexstore.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** A subcommand. */
interface Command {
  /** Returns its name. */
  String name();

  /** Returns what it takes. */
  CommandSpec spec();

  /** Runs it and returns the exit code. */
  int run(ParseResult arguments, Console console);
}
