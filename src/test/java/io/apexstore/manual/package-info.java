/**
 * The manual and the README, held to what they say: their snippets run, their links lead somewhere.
 */
@NullMarked
package io.apexstore.manual;

import org.jspecify.annotations.NullMarked;
