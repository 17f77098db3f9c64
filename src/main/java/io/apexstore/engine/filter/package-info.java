/**
 * Filters that say of most absent keys that they are absent. Bits, not files: whoever keeps a
 * filter on disk puts it into blocks.
 */
@NullMarked
package io.apexstore.engine.filter;

import org.jspecify.annotations.NullMarked;
