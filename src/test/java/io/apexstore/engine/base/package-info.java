/** Tests of the engine's vocabulary. */
@NullMarked
package io.apexstore.engine.base;

import org.jspecify.annotations.NullMarked;
