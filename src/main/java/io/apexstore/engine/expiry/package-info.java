/**
 * Deletion of expired entries: the index that finds them by time and the sweepers that delete them.
 */
@NullMarked
package io.apexstore.engine.expiry;

import org.jspecify.annotations.NullMarked;
