/**
 * Background work: when to flush, when to compact, when to slow writers down; the engine's threads
 * and the disk space it keeps in reserve.
 */
@NullMarked
package io.apexstore.engine.background;

import org.jspecify.annotations.NullMarked;
