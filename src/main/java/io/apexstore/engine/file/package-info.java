/** What every file of a store shares: its name, its type and its header. */
@NullMarked
package io.apexstore.engine.file;

import org.jspecify.annotations.NullMarked;
