/**
 * A siege of the server: hostile and careless clients use it in every way at once, in random
 * mixtures, while a well-behaved client measures what it notices of them.
 *
 * <p>{@link io.apexstore.siege.Siege} starts a server as a process with a small heap, sends the
 * {@link io.apexstore.siege.Attackers}, lets the {@link io.apexstore.siege.SteadyClient} read and
 * write small keys, stops the server in the middle of it, starts it again, and reports what it
 * found wrong. {@code scripts/siege} is its long form.
 */
@NullMarked
package io.apexstore.siege;

import org.jspecify.annotations.NullMarked;
