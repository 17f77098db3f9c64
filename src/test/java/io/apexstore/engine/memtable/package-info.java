/** Tests of the memtable. */
@NullMarked
package io.apexstore.engine.memtable;

import org.jspecify.annotations.NullMarked;
