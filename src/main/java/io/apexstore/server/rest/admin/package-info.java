/** Keyspaces, statistics, health, metrics and administration. */
@NullMarked
package io.apexstore.server.rest.admin;

import org.jspecify.annotations.NullMarked;
