/**
 * The seam between the engine and its files. The engine reaches files only through {@link
 * io.apexstore.engine.io.Storage}; {@code FileStorage} is the real one, and tests have others that
 * simulate power cuts, failing disks and slow ones.
 */
@NullMarked
package io.apexstore.engine.io;

import org.jspecify.annotations.NullMarked;
