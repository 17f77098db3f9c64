/** What readers hold: views of a keyspace, epochs, cursors, snapshots. */
@NullMarked
package io.apexstore.engine.read;

import org.jspecify.annotations.NullMarked;
