/** The page that shows the running server; its files lie in {@code webroot}. */
@NullMarked
package io.apexstore.server.dashboard;

import org.jspecify.annotations.NullMarked;
