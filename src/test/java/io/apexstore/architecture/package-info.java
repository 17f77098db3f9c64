/**
 * The rules of the house as tests: which package may use which, what only some may touch, and what
 * every source file owes its reader. Below {@code fixture} stand classes that break them on
 * purpose.
 */
@NullMarked
package io.apexstore.architecture;

import org.jspecify.annotations.NullMarked;
