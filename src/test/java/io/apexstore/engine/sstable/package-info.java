/** Tests of tables: entries are read as they were added, damage never passes for absence. */
@NullMarked
package io.apexstore.engine.sstable;

import org.jspecify.annotations.NullMarked;
