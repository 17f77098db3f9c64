/**
 * The command line: one entry point, one class for each subcommand. Exit codes: 0 done, 1 failed, 2
 * called or configured wrongly.
 */
@NullMarked
package io.apexstore.cli;

import org.jspecify.annotations.NullMarked;
