/** Tests of the block envelope: a block is what was written in that place, or it is refused. */
@NullMarked
package io.apexstore.engine.codec;

import org.jspecify.annotations.NullMarked;
