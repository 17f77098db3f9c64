/** Tests of the block cache: what it gives is what was put in, and it stays within its budget. */
@NullMarked
package io.apexstore.engine.cache;

import org.jspecify.annotations.NullMarked;
