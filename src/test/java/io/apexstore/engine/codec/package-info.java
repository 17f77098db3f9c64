/** Tests of the block codec: a block is decoded as it was written at its position, or refused. */
@NullMarked
package io.apexstore.engine.codec;

import org.jspecify.annotations.NullMarked;
