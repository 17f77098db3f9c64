/** Routes that read and write keys: single ones, many at once, batches, ranges. */
@NullMarked
package io.apexstore.server.rest.key;

import org.jspecify.annotations.NullMarked;
