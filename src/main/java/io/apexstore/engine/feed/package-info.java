/**
 * Changes for consumers: a consistent snapshot if it is asked for, then every durable commit in
 * order, read from the log. {@link io.apexstore.engine.feed.ChangeLog} is the door, {@link
 * io.apexstore.engine.feed.ChangeCursor} one consumer's place in it, {@link
 * io.apexstore.engine.feed.ChangeToken} what a consumer keeps to go on from there.
 *
 * <p>What it needs of the engine above stands in {@link io.apexstore.engine.feed.ChangeSource}; how
 * the engine says that there is something new, in {@link io.apexstore.engine.feed.ChangeSignal}.
 */
@NullMarked
package io.apexstore.engine.feed;

import org.jspecify.annotations.NullMarked;
