/**
 * The encoding of blocks, of which tables consist: compress, then encrypt, then checksum.
 *
 * <p>{@link io.apexstore.engine.codec.BlockEncoder} turns the bytes of a block in a {@link
 * io.apexstore.engine.codec.BlockBuffer} into a stored block; {@link
 * io.apexstore.engine.codec.BlockDecoder} verifies a stored block and restores its bytes. Both do
 * the same with a large block in memory outside the heap. {@link
 * io.apexstore.engine.codec.BlockFormat} draws a stored block. Checksum and seal cover the block's
 * position, so a block of another {@link io.apexstore.engine.codec.BlockFile} or from another
 * offset is rejected. {@link io.apexstore.engine.codec.Lz4Compressor} and {@link
 * io.apexstore.engine.codec.Lz4Decompressor} implement LZ4 in Java; the ciphers are in {@link
 * io.apexstore.engine.encryption}.
 */
@NullMarked
package io.apexstore.engine.codec;

import org.jspecify.annotations.NullMarked;
