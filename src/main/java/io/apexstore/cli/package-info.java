/** The command line: one entry point, one class for each subcommand. */
@NullMarked
package io.apexstore.cli;

import org.jspecify.annotations.NullMarked;
