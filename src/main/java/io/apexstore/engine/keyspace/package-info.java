/** Keyspaces: the open ones, their settings, and how they are created, changed and dropped. */
@NullMarked
package io.apexstore.engine.keyspace;

import org.jspecify.annotations.NullMarked;
