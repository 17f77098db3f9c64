/** Scans and exports. */
@NullMarked
package io.apexstore.server.rest.scan;

import org.jspecify.annotations.NullMarked;
