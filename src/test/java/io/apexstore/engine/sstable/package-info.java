/** Tests of tables: what was added is what is read, damage is never mistaken for absence. */
@NullMarked
package io.apexstore.engine.sstable;

import org.jspecify.annotations.NullMarked;
