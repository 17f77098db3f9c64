/**
 * The configuration of the server.
 *
 * <p>{@link io.apexstore.server.config.Option} is the table of all options: name, default, type,
 * allowed values, description. Everything else follows from it: parsing, {@code --help}, the
 * manual's page on configuration ({@code ConfigurationPage}), and what the running server reports.
 *
 * <p>{@link io.apexstore.server.config.ConfigLoader} collects the values. A later source overrides
 * an earlier one:
 *
 * <ol>
 *   <li>the defaults of the table,
 *   <li>the file {@code conf/apexstore.json} or the one given with {@code --config} ({@code
 *       ConfigFile}),
 *   <li>the file {@code .env} ({@code DotEnv}),
 *   <li>the environment,
 *   <li>the command line.
 * </ol>
 *
 * Names that are not in the table but have a known meaning, such as old names, are in {@code
 * ForeignOptions}. The type of an option ({@code OptionType}) parses and checks its value. The
 * result is an immutable {@link io.apexstore.server.config.ServerConfig}, which also knows the
 * source of each value.
 *
 * <p>A configuration that cannot be used ends the start with a {@link
 * io.apexstore.server.config.ConfigException}, whose message is one line for the operator. No
 * message repeats a secret.
 *
 * <p>{@link io.apexstore.server.config.BindCheck} refuses an address that is not safe, and {@link
 * io.apexstore.server.config.EncryptionKeyFiles} knows the default place of the key file.
 */
@NullMarked
package io.apexstore.server.config;

import org.jspecify.annotations.NullMarked;
