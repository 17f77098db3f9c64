/** Tests of the block cache: it returns the bytes that were inserted, and keeps its budget. */
@NullMarked
package io.apexstore.engine.cache;

import org.jspecify.annotations.NullMarked;
