/**
 * The block cache: blocks as they are after verifying and decompressing, in memory outside the
 * heap, bounded by a budget. Knows nothing of files; a block is an owner's number and bytes.
 */
@NullMarked
package io.apexstore.engine.cache;

import org.jspecify.annotations.NullMarked;
