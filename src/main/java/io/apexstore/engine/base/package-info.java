/**
 * The engine's vocabulary, without any input or output: limits, kinds of entries, key comparison,
 * the mutable {@link io.apexstore.engine.base.Lookup} of a point read, table descriptions and the
 * engine's one exception. Everything else in the engine may use this package; it uses none.
 */
@NullMarked
package io.apexstore.engine.base;

import org.jspecify.annotations.NullMarked;
