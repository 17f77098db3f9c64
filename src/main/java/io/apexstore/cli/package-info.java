/**
 * The command line of the program.
 *
 * <p>{@link io.apexstore.cli.Main} is the entry point. Each subcommand is one class:
 *
 * <table>
 *   <caption>Subcommands</caption>
 *   <tr><th>subcommand</th><th>class</th><th>what it does</th></tr>
 *   <tr><td>{@code serve}</td><td>{@code ServeCommand}</td><td>runs the server</td></tr>
 *   <tr><td>{@code health}</td><td>{@code HealthCommand}</td>
 *     <td>asks a running server whether it is ready</td></tr>
 *   <tr><td>{@code inspect}</td><td>{@code InspectCommand}</td>
 *     <td>prints a table, a log segment or a manifest</td></tr>
 *   <tr><td>{@code verify}</td><td>{@code VerifyCommand}</td>
 *     <td>checks every block of every table of a closed store</td></tr>
 * </table>
 *
 * <p>{@code Subcommands} parses the arguments with picocli and runs the subcommand. Loading picocli
 * takes a third of the time of a start, so a simple command line of {@code serve} does without it
 * ({@code ServeArguments.parseSimple}). {@code ServerProgram} starts the server, prints what the
 * operator must know, and installs the {@code ShutdownHook}. {@code StoreFiles} opens the files of
 * a store for {@code inspect} and {@code verify}, which change nothing. {@code TrainingRun} is the
 * run from which the JVM's ahead-of-time cache is created.
 *
 * <p>Exit codes ({@code Console}): 0 means success, 1 failure, 2 a wrong command line or
 * configuration. An error is one line on standard error.
 */
@NullMarked
package io.apexstore.cli;

import org.jspecify.annotations.NullMarked;
