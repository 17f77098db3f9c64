/**
 * The server's options: one table ({@link io.apexstore.server.config.Option}) that is parsed, shown
 * in {@code --help}, printed in the manual and reported by the running server; and where their
 * values come from ({@link io.apexstore.server.config.ConfigLoader}).
 */
@NullMarked
package io.apexstore.server.config;

import org.jspecify.annotations.NullMarked;
