/**
 * What every file shares: the header it begins with, and the envelope around its blocks (compress,
 * then encrypt, then checksum).
 */
@NullMarked
package io.apexstore.engine.codec;

import org.jspecify.annotations.NullMarked;
