/**
 * The engine: keyspaces over one log, the commit pipeline, what readers pin, recovery and
 * background work, put together in {@link io.apexstore.engine.LsmEngine}.
 */
@NullMarked
package io.apexstore.engine;

import org.jspecify.annotations.NullMarked;
