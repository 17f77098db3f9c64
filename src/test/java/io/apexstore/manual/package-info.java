/**
 * Tests of the manual and the README: their snippets run, their links resolve, their drawings are
 * those of the sources.
 */
@NullMarked
package io.apexstore.manual;

import org.jspecify.annotations.NullMarked;
