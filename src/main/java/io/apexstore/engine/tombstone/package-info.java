/** Range tombstones: deletions of ranges of keys, in memory and cut into fragments for tables. */
@NullMarked
package io.apexstore.engine.tombstone;

import org.jspecify.annotations.NullMarked;
