/**
 * The change feed: an optional consistent snapshot, then every durable commit in order, read from
 * the write-ahead log.
 *
 * <p>{@link io.apexstore.engine.feed.ChangeLog} opens cursors. A {@link
 * io.apexstore.engine.feed.ChangeCursor} returns {@link io.apexstore.engine.feed.ChangeEvent}s to
 * one consumer: first those of a {@link io.apexstore.engine.feed.SnapshotWalk}, then those of a
 * {@link io.apexstore.engine.feed.CommitWalk} for each commit of the log that the {@link
 * io.apexstore.engine.feed.ChangeFilter} accepts. Each event carries a {@link
 * io.apexstore.engine.feed.ChangeToken}, with which a consumer resumes later. {@link
 * io.apexstore.engine.feed.LogHolds} keeps the log for consumers that need it longer than the
 * retention.
 *
 * <p>A consumer that waits is one of the {@link io.apexstore.engine.feed.Waiters}; the writer
 * notifies them through {@link io.apexstore.engine.feed.ChangeSignal}. The feed reads the engine
 * through {@link io.apexstore.engine.feed.ChangeSource}.
 */
@NullMarked
package io.apexstore.engine.feed;

import org.jspecify.annotations.NullMarked;
